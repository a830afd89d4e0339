"""How long guard takes over a Terraform repository, as a ratio to tree-sitter's parse of the same files in one run.

    python benchmarks/terraform.py DIRECTORY

Prints the files, the seconds that tree-sitter alone takes to parse them, the seconds of a cold `guard check` in a
process of its own, the ratio of both, and the peak memory of the largest of its processes. Both times are the best of
several runs, taken in turns, so that what else the machine does weighs on neither.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import tree_sitter_hcl
from tree_sitter import Language, Parser

RUNS = 5


def parse_only(files: list[bytes]) -> float:
    """Return the seconds that parsing takes."""
    parser = Parser(Language(tree_sitter_hcl.language()))
    began = time.perf_counter()
    for text in files:
        parser.parse(text)
    return time.perf_counter() - began


def guard(directory: Path) -> tuple[float, float]:
    """Return the seconds of a cold run over `directory` and its peak memory in MiB."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "guard", "check", ".", "--format", "json", "--fail-on", "never"]
    done = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, check=False)
    took = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"guard ended with status {done.returncode}")
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Measure the directory that the command line names."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    directory = Path(sys.argv[1])
    files = [path.read_bytes() for path in sorted(directory.rglob("*.tf")) if path.is_file()]
    runs = [(parse_only(files), *guard(directory)) for _ in range(RUNS)]
    parsing, took, memory = (best(one) for best, one in zip((min, min, max), zip(*runs, strict=True), strict=True))
    print(f"{len(files)} .tf files, {sum(map(len, files)) / 1e6:.2f} MB")
    print(f"tree-sitter alone  {parsing:7.2f} s")
    print(f"guard check        {took:7.2f} s  = {took / parsing:.1f} times; peak memory {memory:.0f} MiB")


if __name__ == "__main__":
    main()

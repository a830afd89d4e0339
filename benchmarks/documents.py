"""How long guard takes over YAML, as a ratio to what PyYAML's C `compose` alone takes for the same files in one run.

    python benchmarks/documents.py DIRECTORY...

Prints, for each directory and for all together, the files, the CPU seconds of a process that reads and composes them
with `yaml.compose_all` and libyaml, those of a cold `guard check`, and the ratio of both. Each is less its start-up,
which is what it takes for a single small manifest and is told apart. Only YAML is copied to where both run, and
nothing is rendered. They take turns, and the best of five counts, because what else runs on the machine slows both.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 5
COMPOSE = """\
import pathlib, yaml
for path in sorted(pathlib.Path().rglob("*")):
    if path.is_file():
        try:
            for _ in yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
                pass
        except yaml.YAMLError:
            continue
"""
SMALL = """\
apiVersion: v1
kind: Pod
metadata: {name: small, labels: {owner: ml}}
spec:
  containers:
    - {name: main, image: pytorch, resources: {limits: {nvidia.com/gpu: 1}}}
"""


def measured(directory: Path) -> tuple[float, float]:
    """Return the CPU seconds over `directory` of composing alone and of guard, each in a process of its own."""
    alone = [sys.executable, "-c", COMPOSE]
    checked = [sys.executable, "-m", "guard", "check", ".", "--format", "json", "--fail-on", "never", "--no-render"]
    rounds = [(_seconds(alone, directory), _seconds(checked, directory)) for _ in range(ROUNDS)]
    return min(one for one, _ in rounds), min(one for _, one in rounds)


def _seconds(command: Sequence[str], directory: Path) -> float:
    before = _children()
    done = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{command[1]} ended with status {done.returncode}")
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def copied(source: Path, target: Path) -> list[str]:
    """Copy the YAML files below `source`, and return their texts."""
    texts = []
    for path in sorted(source.rglob("*")):
        if path.suffix not in (".yaml", ".yml") or not path.is_file():
            continue
        try:
            texts.append(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(texts[-1], encoding="utf-8")
    return texts


def main() -> None:
    """Measure the directories that the command line names."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory() as small:
        Path(small, "pod.yaml").write_text(SMALL, encoding="utf-8")
        start = measured(Path(small))
    print(f"start-up: compose {start[0]:.2f} s, guard {start[1]:.2f} s")
    composing = checking = 0.0
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as target:
            texts = copied(Path(name), Path(target))
            alone, took = (one - begun for one, begun in zip(measured(Path(target)), start, strict=True))
        composing, checking = composing + alone, checking + took
        size = sum(map(len, texts)) / 1e6
        print(f"{Path(name).name}: {len(texts)} files, {size:.2f} MB; compose {alone:.2f} s, guard {took:.2f} s")
        print(f"  = {took / alone:.1f} times")
    print(f"together: compose {composing:.2f} s, guard {checking:.2f} s = {checking / composing:.1f} times")


if __name__ == "__main__":
    main()

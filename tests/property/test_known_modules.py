"""Whatever a call of a known module is given, its adapter tells something and breaks nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guard.discover import offered
from guard.inputs.memory import MemoryTree
from guard.platforms.reading import read
from guard.prices.book import open_book
from guard.terraform.known_modules import KnownModule
from guard.terraform.roots import EvaluationOptions, evaluate

HOME = Path(__file__).resolve().parents[2] / "guard" / "terraform" / "known"
MODULES = offered("guard.terraform.known", "MODULE", KnownModule)
NAMES = sorted({name for path in HOME.glob("*.py") for name in re.findall(r'"([a-z][a-z_0-9]+)"', path.read_text())})
BOOK = open_book()


def expression(depth: int) -> st.SearchStrategy[str]:
    scalars = st.sampled_from(
        ["null", "true", "false", "0", "-1", "3", "1e30", '""', '"a"', '"SPOT"', '"p4d.24xlarge"', "var.x", "[]", "{}"]
    )
    if depth == 0:
        return scalars
    inner = expression(depth - 1)
    lists = st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
    maps = st.dictionaries(st.sampled_from([*NAMES, "a", "0"]), inner, max_size=4).map(
        lambda items: "{ " + ", ".join(f'"{name}" = {value}' for name, value in items.items()) + " }"
    )
    return st.one_of(scalars, lists, maps)


GROUPS = ("eks_managed_node_groups", "self_managed_node_groups", "node_groups", "worker_groups", "node_pools")
CALLS = [
    (f"{module.source}{f'//modules/{submodule}' if submodule else ''}", version)
    for module in MODULES.values()
    for submodule in sorted(module.submodules or {""})
    for version in (["17.0.0", "18.0.0", "20.0.0", ""] if module.name == "eks" else [""])
]


@pytest.mark.parametrize(("source", "version"), CALLS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inputs=st.dictionaries(st.sampled_from((*NAMES, *GROUPS * 20)), expression(3), max_size=14))
def test_any_inputs_make_resources_or_reasons(source: str, version: str, inputs: dict[str, str]) -> None:
    taken = {"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on"}
    lines = [f"  {name} = {value}" for name, value in inputs.items() if name not in taken]
    lines += [f'  version = "{version}"'] if version else []
    body = "\n".join(lines)
    call = f'module "m" {{\n  source = "{source}"\n{body}\n}}\n'
    text = f'variable "x" {{}}\n{call}output "o" {{\n  value = [module.m.id, module.m]\n}}\n'
    (root,) = evaluate(MemoryTree({"main.tf": text}), EvaluationOptions())
    addresses = [one.address for one in root.instances]
    assert len(set(addresses)) == len(addresses)
    assert all(address.startswith("module.m.") for address in addresses)
    read([("", root.instances)], [], BOOK, {})
    for one in root.instances:
        for _, node in one.body.walk():
            assert node.location.path == "main.tf"

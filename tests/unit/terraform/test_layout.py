"""Which directories are roots, and what the text seems to say of it before it is parsed."""

from __future__ import annotations

import os

import pytest

from guard.inputs.memory import MemoryTree
from guard.terraform import parallel, roots
from guard.terraform.layout import Ties, find_roots, likely_ties, ties_of
from guard.terraform.roots import EvaluationOptions, evaluate
from guard.terraform.sources import Sources

RESOURCE = 'resource "aws_instance" "a" {\n  instance_type = "p5.48xlarge"\n}\n'
CALL = 'module "a" {\n  source = "../a"\n}\n'


def said(text: str, name: str = "main.tf") -> tuple[Ties, Ties]:
    """Return what a directory that may call `a` seems to say, and what it says."""
    sources = Sources(MemoryTree({"a/main.tf": RESOURCE, f"b/{name}": text}))
    return likely_ties(sources, "b"), ties_of(sources, "b")


@pytest.mark.parametrize(
    ("text", "name", "calls", "backend"),
    [
        (CALL, "main.tf", {"a"}, False),
        ('module "a" { source = "../a" }\n', "main.tf", {"a"}, False),
        ('{"module": {"a": {"source": "../a"}}}', "main.tf.json", {"a"}, False),
        ('module "a" {\n  # source = "../a"\n  source = "acme/a/aws"\n}\n', "main.tf", set(), False),
        ('module "a" {\n  source = "../nowhere"\n}\n', "main.tf", set(), False),
        ('terraform {\n  backend "s3" {}\n}\n', "main.tf", set(), True),
        ("terraform {\n  cloud {}\n}\n", "main.tf", set(), True),
        ('{"terraform": {"backend": {"s3": {}}}}', "main.tf.json", set(), True),
        ('resource "google_x_backend" "a" {\n  backend {\n  }\n}\n', "main.tf", set(), False),
    ],
)
def test_the_text_seems_to_say_what_it_says(text: str, name: str, calls: set[str], backend: bool) -> None:
    likely, written = said(text, name)
    assert likely == written == Ties(frozenset(calls), backend)


def test_roots_follow_from_what_is_told_of_the_directories() -> None:
    sources = Sources(MemoryTree({"a/main.tf": RESOURCE, "b/main.tf": CALL}))
    assert find_roots(sources) == ("b",)
    told = {"a": Ties(frozenset(), True), "b": Ties(frozenset({"a"}), False)}
    assert find_roots(sources, ties=told.__getitem__) == ("a", "b")


# A call that only seems to be one, and one that does not seem to be one.
SEEMS = {"a/main.tf": RESOURCE, "b/main.tf": f"/*\n{CALL}*/\n"}
HIDES = {"a/main.tf": RESOURCE, "b/main.tf": 'module "a" {\n  source /* here */ = "../a"\n}\n'}


@pytest.mark.parametrize(("files", "expected"), [(SEEMS, ["a", "b"]), (HIDES, ["b"])])
def test_what_only_seems_to_be_decides_nothing(
    files: dict[str, str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (parallel, roots):
        monkeypatch.setattr(module, "can_share", lambda: hasattr(os, "fork"))
    one, many = (evaluate(MemoryTree(files), EvaluationOptions(), jobs=jobs) for jobs in (1, 3))
    assert [each.root for each in many] == [each.root for each in one] == expected
    assert [[i.address for i in each.instances] for each in many] == [
        [i.address for i in each.instances] for each in one
    ]

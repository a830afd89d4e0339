"""Definitions of custom resources are not composed, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from guard.formats._yaml_definitions import without_definitions
from guard.formats.yaml import parse

DEFINITION = """\
# generated
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition  # large
metadata:
  name: models.example.com
spec:
  group: example.com
status: {}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n"


def test_what_stands_beside_a_definition_keeps_its_place() -> None:
    document = parse("a.yaml", f"{DEFINITION}---\n{POD}---\n{DEFINITION}")
    (root,) = document.roots
    assert document.problems == ()
    name = root.get("metadata", "name")
    assert name is not None and (name.location.line, name.location.column) == (13, 9)
    assert document.text.startswith("# generated")


def test_a_definition_alone_leaves_no_document() -> None:
    assert parse("a.yaml", DEFINITION).roots == ()


def test_blanks_keep_every_offset() -> None:
    text = f"---\n{DEFINITION}---\n{POD}"
    blanked = without_definitions(text)
    assert len(blanked) == len(text)
    assert [at for at, one in enumerate(text) if one == "\n"] == [at for at, one in enumerate(blanked) if one == "\n"]


@pytest.mark.parametrize(
    "text",
    [
        DEFINITION + "kind: Deployment\n",
        DEFINITION.replace("kind: Custom", "kind: Deployment\nkind: Custom"),
        DEFINITION + '"kind": Deployment\n',
        DEFINITION + "? kind\n: Deployment\n",
        DEFINITION + "<<: {kind: Deployment}\n",
        DEFINITION.replace("apiextensions.k8s.io/v1", "apps/v1"),
        " apiVersion: apps/v1\n kind: Deployment\n metadata: {annotations: {x: '\n"
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n'}}\n",
        DEFINITION.replace("spec:", "spec: &a"),
    ],
)
def test_what_may_be_something_else_is_read(text: str) -> None:
    assert without_definitions(text) == text

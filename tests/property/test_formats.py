"""Whatever the text: no parser raises, positions lead to the value, and a second opinion agrees on structure."""

from __future__ import annotations

import json as standard_json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import hcl2
import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.formats import hcl, json, pbtxt, tfjson, yaml
from guard.formats import hcl_syntax as syntax
from guard.formats.hcl_syntax import Body
from guard.model.document import Format
from guard.model.location import Location
from guard.model.node import Node, is_sequence

FORMATS = (hcl.FORMAT, json.FORMAT, pbtxt.FORMAT, tfjson.FORMAT, yaml.FORMAT)
MARKS = list("{}[]()\"'$%~\\:,;=.*#/-+<>!?&|@`\n\r\t ")
WORDS = [
    "${",
    "%{",
    "~}",
    "<<E\n",
    "<<-E\n",
    "E\n",
    "for ",
    "in ",
    "if ",
    "endif",
    "else",
    "...",
    "=>",
    "::",
    "/*",
    "*/",
]
TOKENS = ["a", "b1", "é", "😀", "1", "2.5", "1e9", "0x1", "---\n", "- ", "? ", "&a ", "*a", "!Ref ", "|\n  ", "<<: "]
ODD = ["\ufeff", "\0", "\udc80", "\u2028", "resource ", '"x"', "true", "null", "{{", "}}", "  "]
PIECES = st.sampled_from([*MARKS, *WORDS, *TOKENS, *ODD])
HOSTILE = st.lists(PIECES, max_size=60).map("".join)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
@given(text=HOSTILE)
@settings(max_examples=300, deadline=2000)
def test_no_text_raises(format_: Format, text: str) -> None:
    document = format_.parse("a" + format_.suffixes[0], text)
    for problem in document.problems:
        assert problem.location is not None
        assert problem.location.line >= 1
        assert problem.location.column >= 1
    for root in document.roots:
        for _, node in root.walk():
            assert (node.location.span.end_line, node.location.span.end_column) >= node.location.span[:2]


def written(text: str, location: Location) -> str:
    """Return the text of a location."""
    lines = text.removeprefix("\ufeff").split("\n")
    span = location.span
    part = lines[span.line - 1 : span.end_line]
    part[-1] = part[-1][: span.end_column - 1]
    part[0] = part[0][span.column - 1 :]
    return "\n".join(part)


TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=12
)
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


def plain(node: Node) -> object:
    if isinstance(node.value, Mapping):
        return {name: plain(child) for name, child in node.value.items()}
    return [plain(child) for child in node.value] if is_sequence(node.value) else node.value


@given(value=VALUES, indent=st.none() | st.integers(0, 3), ascii_only=st.booleans())
@settings(deadline=2000)
def test_json_at_every_place_reads_as_the_value_there(value: object, indent: int | None, ascii_only: bool) -> None:
    text = standard_json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    (root,) = json.parse("a.json", text).roots
    assert plain(root) == value
    for _, node in root.walk():
        assert standard_json.loads(written(text, node.location)) == plain(node)


@given(value=st.dictionaries(TEXTS, VALUES, min_size=1), flow=st.booleans(), ascii_only=st.booleans())
@settings(max_examples=60, deadline=None)
def test_yaml_at_every_scalar_reads_as_the_value_there(value: dict[str, object], flow: bool, ascii_only: bool) -> None:
    text = pyyaml.safe_dump(value, default_flow_style=flow, allow_unicode=not ascii_only, width=60)
    document = yaml.parse("a.yaml", text)
    assert document.problems == ()
    for _, node in document.roots[0].walk():
        if not isinstance(node.value, Mapping) and not is_sequence(node.value):
            (again,) = yaml.parse("b.yaml", "a: " + written(text, node.location)).roots
            assert plain(again) == {"a": node.value}


IDENTIFIERS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("for", "in", "if", "null", "true", "false", "else", "endif", "endfor")
)
LITERALS = st.from_regex(r"[0-9]{1,6}", fullmatch=True) | st.sampled_from(["true", "false", '"plain"', '"é 😀"', '""'])
EXPRESSIONS = st.recursive(
    LITERALS | IDENTIFIERS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(IDENTIFIERS, inner).map(lambda pair: f"{{\n{pair[0]} = {pair[1]}\n}}"),
        st.tuples(inner, st.sampled_from(["+", "*", "==", "&&"]), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(IDENTIFIERS, inner).map(lambda pair: f"{pair[0]}({pair[1]})"),
        inner.map(lambda part: f"(true ? {part} : null)"),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(IDENTIFIERS, EXPRESSIONS, max_size=4)
BLOCKS = st.lists(st.tuples(IDENTIFIERS, st.lists(IDENTIFIERS, max_size=2), ATTRIBUTES), max_size=3)


@given(attributes=ATTRIBUTES, blocks=BLOCKS)
@settings(max_examples=60, deadline=None)
def test_python_hcl2_sees_the_same_structure(
    attributes: dict[str, str], blocks: list[tuple[str, list[str], dict[str, str]]]
) -> None:
    lines = [f"{name} = {value}" for name, value in attributes.items()]
    blocks = [block for block in blocks if block[0] not in attributes]
    for kind, labels, inner in blocks:
        header = " ".join([kind, *(f'"{label}"' for label in labels)])
        lines += [f"{header} {{", *(f"{name} = {value}" for name, value in inner.items()), "}"]
    text = "\n".join(lines) + "\n"
    document = hcl.parse("a.hcl", text)
    assert document.problems == ()
    assert isinstance(document.syntax, Body)
    ours = document.syntax
    theirs: dict[str, Any] = hcl2.loads(text)  # type: ignore[attr-defined, unused-ignore]
    assert set(ours.attributes) == set(attributes)
    assert [(b.type, list(b.labels), sorted(b.body.attributes)) for b in ours.blocks] == [
        (kind, labels, sorted(inner)) for kind, labels, inner in blocks
    ]
    counted = {kind: len(found) for kind, found in theirs.items() if kind not in attributes and isinstance(found, list)}
    assert counted == {kind: sum(block[0] == kind for block in blocks) for kind in counted}
    for name, attribute in ours.attributes.items():
        agree(attribute.expression, theirs[name])


def agree(ours: syntax.Expression, theirs: object) -> None:
    """Check what python-hcl2 turns into Python values; expressions it keeps as text."""
    if isinstance(ours, syntax.TupleConstructor):
        assert isinstance(theirs, list)
        assert len(ours.items) == len(theirs)
        for mine, other in zip(ours.items, theirs, strict=True):
            agree(mine, other)
    elif isinstance(ours, syntax.ObjectConstructor):
        assert isinstance(theirs, dict)
        assert len(ours.items) == len([key for key in theirs if not key.startswith("__")])
    elif isinstance(ours, syntax.Literal) and isinstance(ours.value, (bool, Decimal)):
        assert theirs == ours.value

"""Whatever is put into whatever configuration: it reads back as it was put, and everything else as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.formats import json as json_format
from guard.formats import yaml as yaml_format
from guard.formats.hcl import parse
from guard.formats.hcl_syntax import Body, Literal, ObjectConstructor
from guard.model.change import Put
from guard.model.location import Location, Span
from guard.model.node import Node
from guard.policy._fix_hcl import UncertainError
from guard.policy._written import hcl_value
from guard.policy.fixing import Fixer
from guard.policy.patching import patched

KEYS = st.text(alphabet="abyesno-_/.\u00e9 ", min_size=1, max_size=6).filter(lambda key: key == key.strip())
TEXTS = st.text(alphabet="ab1.${}%\"\\': #\n\u00e9-", max_size=6)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(0, 9), st.sampled_from(["yes", "null", "0x1", "1e3", "~", "a"]))
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=2),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(KEYS, DATA, max_size=3)
WHOLE = {"a.yaml": yaml_format.FORMAT, "a.json": json_format.FORMAT}


def plain(node: Node) -> Any:
    value = node.value
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (str, bool)) or value is None:
        return value
    return int(value) if isinstance(value, (int, Decimal)) else [plain(one) for one in value]  # type: ignore[union-attr]


def frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: frozen(one) for key, one in value.items()}
    return tuple(frozen(one) for one in value) if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(MAPPINGS, KEYS, DATA, st.sampled_from([None, False, True, "json"]), st.booleans())
def test_yaml_and_json_read_back_what_was_put(inner: Any, key: str, value: Any, style: Any, crlf: bool) -> None:
    whole = {"before": 1, "at": inner, "after": [1]}
    path = "a.json" if style == "json" else "a.yaml"
    text = (
        json.dumps(whole, indent=2)
        if style == "json"
        else pyyaml.safe_dump(whole, default_flow_style=style, sort_keys=False, allow_unicode=True)
    )
    text = text.replace("\n", "\r\n") if crlf else text
    before = WHOLE[path].parse(path, text).roots[0]
    place, inner = before.nearest("at"), plain(before)["at"]
    try:
        after = patched(path, text, Fixer({path: text}).edits([Put(place, (key,), frozen(value))]))
    except UncertainError:
        # What is there is a mapping or a list, which is no literal to replace.
        assert key in inner or not isinstance(value, dict)
        return
    document = WHOLE[path].parse(path, after)
    assert document.problems == ()
    expected = {**inner, key: value}
    if isinstance(inner.get(key), dict) and isinstance(value, dict):
        expected = {**inner, key: {**inner[key], **value}}
    assert plain(document.roots[0]) == {**plain(before), "at": expected}


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, SCALARS, max_size=3), KEYS, SCALARS, st.booleans())
def test_hcl_reads_back_what_was_put(inner: Any, key: str, value: Any, flat: bool) -> None:
    text = f"locals {{\n  before = 1\n  at = {hcl_value(inner, '  ', flat)}\n  after = [1]\n}}\n"
    place = Location("m.tf", Span(3, 3, 3, 5))
    after = patched("m.tf", text, Fixer({"m.tf": text}).edits([Put(place, (key,), value)]))
    document = parse("m.tf", after)
    assert document.problems == ()
    assert isinstance(document.syntax, Body)
    attributes = document.syntax.blocks[0].body.attributes
    made = attributes["at"].expression
    assert isinstance(made, ObjectConstructor)
    read = {name.value: one.value for name, one in made.items if isinstance(name, Literal) and isinstance(one, Literal)}
    assert read == {**inner, key: value}
    assert set(attributes) == {"before", "at", "after"}

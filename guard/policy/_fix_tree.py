"""Changes of YAML and JSON: entries of mappings and scalars, in the style of what stands around them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from guard.model.change import Block, Data, Put
from guard.model.location import Span
from guard.model.node import Node, is_sequence
from guard.policy._fix_hcl import UncertainError, nested
from guard.policy._written import flow, yaml_block, yaml_scalar
from guard.policy.patching import Cut, Text

_COMMA = re.compile(r"\s*,")


def put(text: Text, roots: Sequence[Node], change: Put, is_json: bool) -> list[Cut]:
    """Return the cuts that let the change's path hold its value."""
    node = _find(roots, change.location.span)
    if node is None:
        raise UncertainError("nothing is written there")
    path, value = change.path, change.value
    while path:
        child = _child(node, path[0])
        if child is None:
            break
        node, path = child, path[1:]
    if not path and isinstance(value, Mapping) and isinstance(node.value, Mapping):
        return _entered(text, node, value, is_json)
    if not path:
        return _replaced(text, node, value, is_json)
    return _into(text, node, nested(path, value), is_json)


def _entered(text: Text, node: Node, entries: Mapping[str, Data], is_json: bool) -> list[Cut]:
    """Write each entry that a mapping lacks, and replace those that it has."""
    written = node.fields()
    lacking = {name: value for name, value in entries.items() if name not in written}
    cuts = _into(text, node, lacking, is_json) if lacking else []
    return cuts + [
        cut for name in entries if name in written for cut in _replaced(text, written[name], entries[name], is_json)
    ]


def _find(roots: Sequence[Node], span: Span) -> Node | None:
    nodes = [node for root in roots for _, node in root.walk()]
    exact = next((node for node in nodes if span == node.location.span or (node.key and span == node.key.span)), None)
    if exact is not None:
        return exact
    # A header of Terraform in JSON runs from the block's type to its last label.
    ends = (span.end_line, span.end_column)
    return next((one for one in nodes if one.key and (one.key.span.end_line, one.key.span.end_column) == ends), None)


def _child(node: Node, step: str | int) -> Node | None:
    value = node.value
    if is_sequence(value) and isinstance(step, str):
        return _child(value[0], step) if value else None
    if is_sequence(value) and isinstance(step, int):
        return value[step] if -len(value) <= step < len(value) else None
    return value.get(step) if isinstance(value, Mapping) and isinstance(step, str) else None


def _replaced(text: Text, node: Node, value: Data, is_json: bool) -> list[Cut]:
    _refuse_alias(node)
    if isinstance(node.value, (Mapping, Block)) or is_sequence(node.value):
        raise UncertainError("what is written there is no scalar")
    start, end = text.range(node.location.span)
    written = text.text[start:end]
    if written[:1] in "|>*&!" and written:
        raise UncertainError("what is written there is no plain scalar")
    if start == end:
        return [Cut(start, end, yaml_block(value, _margin(node)))]
    quote = written[0] if written[0] in "\"'" and isinstance(value, str) else ""
    return [Cut(start, end, flow(value, quote, is_json))]


def _into(text: Text, node: Node, entries: Mapping[str, Data], is_json: bool) -> list[Cut]:
    _refuse_alias(node)
    start, end = text.range(node.location.span)
    if node.value is None and start == end and not is_json:
        return [Cut(start, end, yaml_block(entries, _margin(node)))]
    if not isinstance(node.value, Mapping):
        raise UncertainError("no mapping is written there")
    if text.text[start : start + 1] == "{":
        return _into_flow(text, node, entries, is_json)
    own = [one for one in node.value.values() if one.key and _within(one.key.span, node.location.span)]
    if not own:
        raise UncertainError("the mapping is made by others")
    return _into_block(text, own, entries)


def _into_block(text: Text, own: Sequence[Node], entries: Mapping[str, Data]) -> list[Cut]:
    key, last = max(((one.key, one) for one in own if one.key), key=lambda pair: pair[0])
    margin = " " * (key.span.column - 1)
    # The value of an alias stands elsewhere; the line of the key is then the last one.
    end_line = max(last.location.span.end_line, key.line) if last.location >= key else key.line
    end = text.line_end(end_line)
    quote = _quote(text, own)
    return [
        Cut(end, end, "".join(f"\n{margin}{yaml_scalar(k)}:{yaml_block(v, margin, quote)}" for k, v in entries.items()))
    ]


def _into_flow(text: Text, node: Node, entries: Mapping[str, Data], is_json: bool) -> list[Cut]:
    own = [(one.key, one) for one in node.fields().values() if one.key and _within(one.key.span, node.location.span)]
    quote = '"' if is_json else _quote(text, [one for _, one in own])
    key_quote = '"' if is_json else ""
    written = [f"{yaml_scalar(key, key_quote)}: {flow(value, quote, is_json)}" for key, value in entries.items()]
    start, end = text.range(node.location.span)
    if not own:
        return [Cut(start + 1, end - 1, ", ".join(written))]
    key, last = max(own, key=lambda pair: pair[0])
    if last.location < key:
        raise UncertainError("the last entry stands elsewhere")
    after = text.range(last.location.span)[1]
    margin = _own_line(text, key.span)
    if margin is None or text.line_of(end - 1) == last.location.span.end_line:
        return [Cut(after, after, "".join(f", {one}" for one in written))]
    comma = _COMMA.match(text.text, after)
    if comma is None:
        return [Cut(after, after, "".join(f",\n{margin}{one}" for one in written))]
    return [Cut(comma.end(), comma.end(), "".join(f"\n{margin}{one}," for one in written))]


def _own_line(text: Text, key: Span) -> str | None:
    """Return the blanks before a key that begins its line, None for one that does not."""
    before = text.text[text.line_start(key.line) : text.range(key)[0]]
    return None if before.strip() else before


def _quote(text: Text, entries: Sequence[Node]) -> str:
    """Return the quotation mark that all texts among the entries are written with, "" where they differ."""
    marks = {text.at(one.location.span)[:1] for one in entries if isinstance(one.value, str)}
    mark = next(iter(marks)) if len(marks) == 1 else ""
    return mark if mark in ('"', "'") else ""


def _margin(node: Node) -> str:
    if node.key is None:
        raise UncertainError("nothing is written there")
    return " " * (node.key.span.column - 1)


def _refuse_alias(node: Node) -> None:
    if node.key is not None and node.location < node.key:
        raise UncertainError("the value stands elsewhere, as an anchor that others use too")


def _within(inner: Span, outer: Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]

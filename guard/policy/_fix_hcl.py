"""Changes of Terraform's native syntax: attributes, blocks and map entries in the style of what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from guard.formats.hcl_syntax import (
    Attribute,
    Body,
    Call,
    Expression,
    GetAttribute,
    Index,
    Literal,
    ObjectConstructor,
    Parentheses,
    TupleConstructor,
    Variable,
)
from guard.formats.hcl_syntax import Block as Written
from guard.model.change import Append, Block, Code, Data, Put
from guard.model.location import Span
from guard.policy._written import hcl_block, hcl_entries, hcl_key, hcl_value
from guard.policy.patching import Cut, Text

Place: TypeAlias = "Body | Expression"

_LITERAL = re.compile(r'"(?:[^"\\$%\n]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null')
_TRAILING = re.compile(r"[ \t]*,")


class UncertainError(Exception):
    """The change cannot be made for certain; the message says why."""


def append(text: Text, body: Body, change: Append) -> list[Cut]:
    """Return the cuts that write a new top-level block below the one whose header is named."""
    below = next((one for one in body.blocks if change.location.span in (one.header, one.span)), None)
    if below is None:
        raise UncertainError("no top-level block stands there")
    head = " ".join([change.type, *(f'"{label}"' for label in change.labels)])
    end = text.line_end(below.span.end_line)
    return [Cut(end, end, "\n\n" + hcl_block(head, change.entries, ""))]


def put(text: Text, body: Body, change: Put) -> list[Cut]:
    """Return the cuts that let the change's path hold its value."""
    span = change.location.span
    if not change.path and _LITERAL.fullmatch(text.at(span)):
        return [Cut(*text.range(span), hcl_value(change.value, ""))]
    place = _find(body, span)
    if place is None:
        raise UncertainError("nothing is written there")
    return _put(text, place, change.path, change.value)


def _put(text: Text, place: Place, path: Sequence[str | int], value: Data) -> list[Cut]:
    while path and not (len(path) == 1 and isinstance(value, Block)):
        child = _child(place, path)
        if child is None:
            break
        place, taken = child
        path = path[taken:]
    if not path and isinstance(value, Mapping):
        return _entered(text, place, value)
    if not path:
        return _replaced(text, place, value)
    return _into(text, place, nested(path, value))


def nested(path: Sequence[str | int], value: Data) -> Mapping[str, Data]:
    """Return the mappings that a path without what holds it needs. Raises UncertainError for a number in the path."""
    missing = next((step for step in path if isinstance(step, int)), None)
    if missing is not None:
        raise UncertainError(f"there is no item {missing}")
    for step in reversed(path[1:]):
        value = {str(step): value}
    return {str(path[0]): value}


def _entered(text: Text, place: Place, entries: Mapping[str, Data]) -> list[Cut]:
    """Write each entry that a mapping lacks, and replace those that it has."""
    written = {name for name in entries if _child(place, (name,)) is not None and not isinstance(entries[name], Block)}
    lacking = {name: value for name, value in entries.items() if name not in written}
    cuts = _into(text, place, lacking) if lacking else []
    return cuts + [cut for name in entries if name in written for cut in _put(text, place, (name,), entries[name])]


def _into(text: Text, place: Place, entries: Mapping[str, Data]) -> list[Cut]:
    return _into_body(text, place, entries) if isinstance(place, Body) else _into_expression(text, place, entries)


def _replaced(text: Text, place: Place, value: Data) -> list[Cut]:
    if isinstance(place, Body):
        raise UncertainError("a block is written there")
    written = text.at(place.span)
    literal = isinstance(place, Literal) and not written.startswith("<<")
    if not literal and not _LITERAL.fullmatch(written):
        raise UncertainError("what is written there is no literal")
    return [Cut(*text.range(place.span), hcl_value(value, ""))]


def _child(place: Place, path: Sequence[str | int]) -> tuple[Place, int] | None:
    """Return what the next step leads to, and how many steps that takes; None where nothing is written."""
    name = path[0]
    if isinstance(place, Body) and isinstance(name, str):
        if name in place.attributes:
            return place.attributes[name].expression, 1
        blocks = [one for one in place.blocks if one.type == name]
        number = path[1] if len(path) > 1 else None
        if isinstance(number, int):
            return (blocks[number].body, 2) if -len(blocks) <= number < len(blocks) else None
        return (blocks[0].body, 1) if blocks else None
    if isinstance(place, TupleConstructor) and isinstance(name, int):
        return (place.items[name], 1) if -len(place.items) <= name < len(place.items) else None
    if isinstance(place, ObjectConstructor):
        found = next((value for key, value in place.items if isinstance(key, Literal) and key.value == name), None)
        return None if found is None else (found, 1)
    return None


def _find(place: Any, span: Span) -> Place | None:
    """Return the body or expression that stands at a span or is named there, the outermost first."""
    for own, inner in _parts(place):
        if span in own:
            stands: Place = inner
            return stands
        if own[0] <= span or own[0].line <= span.line:
            found = _find(inner, span)
            if found is not None:
                return found
    return None


def _parts(place: Any) -> Iterator[tuple[tuple[Span, ...], Any]]:
    """Yield the parts of a body or expression, each with the spans that stand for it."""
    if isinstance(place, Body):
        for attribute in place.attributes.values():
            expression = attribute.expression
            yield (attribute.span, attribute.name_span, expression.span), expression
        for block in place.blocks:
            yield (block.span, block.header, block.type_span, block.body.span), block.body
    elif isinstance(place, ObjectConstructor):
        for key, value in place.items:
            yield (value.span, key.span), value
    elif is_dataclass(place):
        for one in fields(place):
            inner = getattr(place, one.name)
            for part in inner if isinstance(inner, tuple) and not isinstance(inner, Span) else (inner,):
                if is_dataclass(part):
                    yield (part.span,), part  # type: ignore[union-attr]


def _into_body(text: Text, body: Body, entries: Mapping[str, Data]) -> list[Cut]:
    if body.span.line == body.span.end_line:
        return _into_flat_body(text, body, entries)
    indent = _inner_indent(text, body)
    attributes = {name: value for name, value in entries.items() if not isinstance(value, Block)}
    blocks = {name: value for name, value in entries.items() if isinstance(value, Block)}
    cuts = _attributes(text, body, attributes, indent) if attributes else []
    if blocks:
        items: list[Attribute | Written] = [*body.attributes.values(), *body.blocks]
        end = text.line_end(max((one.span.end_line for one in items), default=body.span.line))
        gap = "\n\n" if items or attributes else "\n"
        cuts.append(Cut(end, end, gap + "\n\n".join(hcl_block(k, v.entries, indent) for k, v in blocks.items())))
    return cuts


def _attributes(text: Text, body: Body, entries: Mapping[str, Data], indent: str) -> list[Cut]:
    written = {name: hcl_value(value, indent) for name, value in entries.items()}
    attributes = sorted(body.attributes.values(), key=lambda one: one.span)
    group = _aligned([(one.name_span, one.expression.span) for one in attributes])
    line = attributes[-1].span.end_line if attributes else body.span.line
    return _below(text, line, group, written, indent)


def _into_flat_body(text: Text, body: Body, entries: Mapping[str, Data]) -> list[Cut]:
    """Open a block that is written on one line, which can hold but one attribute."""
    start, end = text.range(body.span)
    outer = _indent(text, body.span.line)
    inner = outer + "  "
    attribute = next(iter(body.attributes.values()), None)
    before = {attribute.name: Code(text.at(attribute.expression.span))} if attribute else {}
    written = text.text[start + 1 : end - 1].strip()
    if written and (attribute is None or written != text.at(attribute.span)):
        raise UncertainError("more than an attribute stands in a block of one line")
    return [Cut(start, end, "{\n" + "\n".join(hcl_entries({**before, **entries}, inner)) + f"\n{outer}}}")]


def _inner_indent(text: Text, body: Body) -> str:
    items: list[Attribute | Written] = [*body.attributes.values(), *body.blocks]
    lines = [one.span.line for one in items]
    own = next((line for line in lines if line != body.span.line), None)
    if own is not None:
        return _indent(text, own)
    return _indent(text, body.span.line) + "  "


def _indent(text: Text, line: int) -> str:
    written = text.text[text.line_start(line) : text.line_end(line)]
    return written[: len(written) - len(written.lstrip())]


def _aligned(entries: Sequence[tuple[Span, Span]]) -> list[Span]:
    """Return the names of the last entries that stand on lines one after the other, each on a line of its own.

    Their equals signs are what `terraform fmt` aligns.
    """
    group: list[Span] = []
    for name, value in reversed(entries):
        if name.line != value.end_line or (group and name.line != group[-1].line - 1):
            break
        group.append(name)
    return group


def _below(text: Text, line: int, group: Sequence[Span], entries: Mapping[str, str], indent: str) -> list[Cut]:
    """Return the cuts that write `name = value` for each entry below a line, aligned with the names of `group`."""
    width = max(len(name) for name in entries)
    columns = [_equals(text, one) for one in group]
    cuts = []
    if columns and columns[0] is not None and len(set(columns)) == 1:
        have = columns[0] - group[0].column - 1
        wider = max(0, width - have)
        cuts = [Cut(end, end, " " * wider) for one in group if wider for end in [text.range(one)[1]]]
        width = max(width, have)
    end = text.line_end(line)
    return [*cuts, Cut(end, end, "".join(f"\n{indent}{name:<{width}} = {value}" for name, value in entries.items()))]


def _equals(text: Text, name: Span) -> int | None:
    """Return the column of the equals sign after a name, None where no blanks alone stand between."""
    _, end = text.range(name)
    rest = text.text[end : text.line_end(name.end_line)]
    blanks = len(rest) - len(rest.lstrip(" "))
    return name.end_column + blanks if rest[blanks : blanks + 1] == "=" else None


def _into_expression(text: Text, place: Expression, entries: Mapping[str, Data]) -> list[Cut]:
    if isinstance(place, Parentheses):
        return _into_expression(text, place.inner, entries)
    if isinstance(place, ObjectConstructor):
        return _into_object(text, place, entries)
    # What is added comes first in `merge`, where it overrides nothing that another instance of the block has.
    if isinstance(place, Call) and place.name == "merge" and place.arguments and not place.expand:
        first = place.arguments[0]
        if isinstance(first, ObjectConstructor):
            return _into_object(text, first, entries)
        start = text.range(first.span)[0]
        return [Cut(start, start, f"{hcl_value(entries, '', flat=True)}, ")]
    if isinstance(place, (Variable, GetAttribute, Index)):
        start, end = text.range(place.span)
        return [Cut(start, end, f"merge({hcl_value(entries, '', flat=True)}, {text.text[start:end]})")]
    raise UncertainError("the mapping is built by an expression")


def _into_object(text: Text, place: ObjectConstructor, entries: Mapping[str, Data]) -> list[Cut]:
    if not place.items:
        return _into_empty(text, place, entries)
    last_key, last = place.items[-1]
    quoted = text.at(last_key.span).startswith('"')
    after = text.range(last.span)[1]
    if not _on_lines_of_their_own(text, place):
        sign = text.text[text.range(last_key.span)[1] : text.range(last.span)[0]]
        written = [f", {hcl_key(key, quoted)}{sign}{hcl_value(one, '', flat=True)}" for key, one in entries.items()]
        return [Cut(after, after, "".join(written))]
    indent = _indent(text, last_key.span.line)
    commas, trailing = _commas(text, place)
    names = list(entries)
    lines = {
        hcl_key(name, quoted): hcl_value(entries[name], indent)
        + ("," if trailing or (commas and name != names[-1]) else "")
        for name in names
    }
    comma = [Cut(after, after, ",")] if commas and not trailing else []
    group = _aligned([(one.span, each.span) for one, each in place.items])
    return [*comma, *_below(text, last.span.end_line, group, lines, indent)]


def _commas(text: Text, place: ObjectConstructor) -> tuple[bool, bool]:
    """Tell whether the entries end with commas, and whether the last one does."""
    ends = [_TRAILING.match(text.text, text.range(value.span)[1]) is not None for _, value in place.items]
    return any(ends), ends[-1]


def _into_empty(text: Text, place: ObjectConstructor, entries: Mapping[str, Data]) -> list[Cut]:
    start, end = text.range(place.span)
    if place.span.line == place.span.end_line:
        return [Cut(start, end, hcl_value(entries, "", flat=True))]
    indent = _indent(text, place.span.line) + "  "
    written = {hcl_key(name): hcl_value(value, indent) for name, value in entries.items()}
    return _below(text, place.span.line, (), written, indent)


def _on_lines_of_their_own(text: Text, place: ObjectConstructor) -> bool:
    """Tell whether the last entry begins its line and the closing brace stands on a later one."""
    key, value = place.items[-1]
    begins = not text.text[text.line_start(key.span.line) : text.range(key.span)[0]].strip()
    return begins and place.span.end_line > value.span.end_line

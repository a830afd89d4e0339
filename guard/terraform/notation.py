"""Values and types in Terraform's own notation: as its console prints them, and as its formatter writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from guard.terraform import numbers
from guard.terraform.numbers import Number, NumberTooLarge
from guard.terraform.sets import quoted
from guard.terraform.text import clusters
from guard.terraform.types import STRING, Type, friendly_name
from guard.terraform.values import EPHEMERAL, SENSITIVE, Value

IDENTIFIER: Final = re.compile(r"[^\W\d_][\w-]*|_[\w-]*")
_CALLS: Final = {"list": "tolist", "set": "toset", "map": "tomap"}
_PRIMITIVES: Final = {"string": "tostring(null)", "number": "tonumber(null)", "bool": "tobool(null)"}


def type_text(type_: Type) -> str:
    """Return a type as a constraint is written: `list(string)`, `object({a=number})`, `tuple([string,bool])`, `any`."""
    if type_.kind == "dynamic":
        return "any"
    if type_.element is not None:
        return f"{type_.kind}({type_text(type_.element)})"
    if type_.kind == "tuple":
        return f"tuple([{','.join(map(type_text, type_.items))}])"
    if type_.kind == "object":
        return f"object({{{','.join(_attribute(type_, name) for name in type_.fields)}}})"
    return type_.kind


def _attribute(type_: Type, name: str) -> str:
    key = name if IDENTIFIER.fullmatch(name) else f'"{name}"'
    written = type_text(type_.fields[name])
    return f"{key}={f'optional({written})' if name in type_.optional else written}"


def value_text(value: Value, indent: int = 0) -> str:
    """Return a value as `terraform console` prints it; unknown parts as `(known after apply)`, marked ones hidden."""
    if not value.is_known:
        return "(known after apply)"
    if SENSITIVE in value.marks:
        return "(sensitive value)"
    if EPHEMERAL in value.marks:
        return "(ephemeral value)"
    if value.is_null:
        return _null_text(value.type)
    if value.type.is_primitive:
        return _primitive_text(value, indent)
    text = _members_text(value, indent) if value.type.kind in ("map", "object") else _items_text(value, indent)
    call = _CALLS.get(value.type.kind)
    return f"{call}({text})" if call else text


def _null_text(type_: Type) -> str:
    if type_.kind == "dynamic":
        return "null"
    if type_.is_primitive:
        return _PRIMITIVES[type_.kind]
    if type_.is_collection:
        return f"{_CALLS[type_.kind]}(null) /* of {friendly_name(type_.of)} */"
    return f"null /* {friendly_name(type_)} */"


def number_text(value: Number) -> str:
    """Return a number with all its digits, or in words where there are too many to be written."""
    try:
        return numbers.text(value)
    except NumberTooLarge:
        return "(number of too many digits)"


def _primitive_text(value: Value, indent: int) -> str:
    content = value.content
    if isinstance(content, str):
        return _heredoc(content, indent) if "\n" in content else quoted(content)
    if isinstance(content, Number):
        return number_text(content)
    return "true" if content else "false"


def _heredoc(text: str, indent: int) -> str:
    lines = text.split("\n")
    marker = "EOT"
    while any(line.strip() == marker for line in lines):
        marker += "_"
    space = " " * indent
    body = "".join(f"\n{space}{line}" for line in lines)
    return f"{'<<-' if indent else '<<'}{marker}{body}\n{space}{marker}"


def _members_text(value: Value, indent: int) -> str:
    inner = " " * (indent + 2)
    lines = [
        f"\n{inner}{value_text(Value(STRING, name), indent + 2)} = {value_text(item, indent + 2)}"
        for name, item in value.fields.items()
    ]
    return f"{{{''.join(lines)}\n{' ' * indent}}}" if lines else "{}"


def _items_text(value: Value, indent: int) -> str:
    inner = " " * (indent + 2)
    lines = [f"\n{inner}{value_text(item, indent + 2)}," for item in value.items]
    return f"[{''.join(lines)}\n{' ' * indent}]" if lines else "[]"


# As Terraform's formatter writes an expression


class _Line(NamedTuple):
    lead: str
    assigned: str = ""
    opened: int = 0


def expression_text(value: Value) -> str:
    """Return a wholly known value as an HCL expression, laid out as Terraform's formatter does."""
    lines: list[_Line] = []
    lines.append(_write(value, _Line(""), lines))
    return "\n".join(_indented(_aligned(lines)))


def assignments_text(members: Mapping[str, Value]) -> str:
    """Return values as the lines of a variables file; the names must be identifiers."""
    lines: list[_Line] = []
    for name, item in members.items():
        lines.append(_write(item, _Line(name, " = "), lines))
    return "".join(f"{line}\n" for line in _indented(_aligned(lines)))


def _write(value: Value, line: _Line, lines: list[_Line]) -> _Line:
    """Write a value at the end of `line`; finished lines go to `lines`, the last one is returned."""
    if value.is_null or value.type.is_primitive:
        return _extended(line, _literal(value))
    if value.type.kind in ("map", "object"):
        return _write_members(value, line, lines)
    line = _extended(line, "[", 1)
    for position, item in enumerate(value.items):
        line = _write(item, _extended(line, ", ") if position else line, lines)
    return _extended(line, "]", -1)


def _write_members(value: Value, line: _Line, lines: list[_Line]) -> _Line:
    if not value.fields:
        return _extended(line, "{}")
    lines.append(_extended(line, "{", 1))
    for name, item in value.fields.items():
        key = name if IDENTIFIER.fullmatch(name) else template_text(name)
        lines.append(_write(item, _Line(key, " = "), lines))
    return _Line("}", opened=-1)


def _extended(line: _Line, text: str, opened: int = 0) -> _Line:
    if line.assigned:
        return _Line(line.lead, line.assigned + text, line.opened + opened)
    return _Line(line.lead + text, "", line.opened + opened)


def _literal(value: Value) -> str:
    content = value.content
    if content is None:
        return "null"
    if isinstance(content, str):
        return template_text(content)
    if isinstance(content, Number):
        return numbers.text(content)
    return "true" if content else "false"


_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def template_text(text: str) -> str:
    """Return text as a quoted HCL template that stands for it."""
    letters = []
    for position, letter in enumerate(text):
        if letter in "$%" and text[position + 1 : position + 2] == "{":
            letters.append(letter * 2)
        elif letter in _ESCAPES:
            letters.append(_ESCAPES[letter])
        elif letter.isprintable() and (letter == " " or not letter.isspace()):
            letters.append(letter)
        else:
            letters.append(f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
    return f'"{"".join(letters)}"'


def _aligned(lines: list[_Line]) -> list[_Line]:
    """Return the lines with the signs of neighbouring assignments in one column."""
    result: list[_Line] = []
    chain: list[_Line] = []
    for line in lines:
        if line.assigned and line.opened == 0:
            chain.append(line)
            continue
        result += [*_in_column(chain), _Line(line.lead + line.assigned, "", line.opened)]
        chain = []
    return result + _in_column(chain)


def _in_column(chain: list[_Line]) -> list[_Line]:
    widths = [len(clusters(line.lead)) for line in chain]
    widest = max(widths, default=0)
    return [
        _Line(line.lead + " " * (widest - width) + line.assigned) for line, width in zip(chain, widths, strict=True)
    ]


def _indented(lines: list[_Line]) -> list[str]:
    open_brackets: list[int] = []
    result = []
    for line in lines:
        closed = -line.opened
        while closed > 0 and open_brackets:
            taken = min(closed, open_brackets[-1])
            closed -= taken
            open_brackets[-1] -= taken
            if not open_brackets[-1]:
                open_brackets.pop()
        result.append("  " * len(open_brackets) + line.lead)
        if line.opened > 0:
            open_brackets.append(line.opened)
    return result

"""Values as HCL, YAML and JSON write them, at an indentation and in the style of what surrounds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from guard.model.change import Block, Code, Data

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@-]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# What YAML 1.1 or 1.2 reads as something else than text.
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null"])


class UnwritableError(Exception):
    """A value cannot be written in this format."""


def hcl_key(key: str, quoted: bool = False) -> str:
    """Return a key of an object."""
    return key if _IDENTIFIER.fullmatch(key) and not quoted else hcl_text(key)


def hcl_text(text: str) -> str:
    """Return quoted text that holds exactly `text`, without interpolation."""
    escaped = json.dumps(text, ensure_ascii=False)
    return escaped.replace("${", "$${").replace("%{", "%%{")


def hcl_value(value: Data, indent: str, flat: bool = False) -> str:
    """Return an expression; a mapping takes a line for each key unless `flat`."""
    if isinstance(value, Code):
        return value.text
    if isinstance(value, Block):
        raise UnwritableError("a block is no value")
    if isinstance(value, Mapping):
        return _hcl_object(value, indent, flat)
    if isinstance(value, tuple):
        return f"[{', '.join(hcl_value(one, indent, True) for one in value)}]"
    return hcl_text(value) if isinstance(value, str) else scalar(value)


def _hcl_object(value: Mapping[str, Data], indent: str, flat: bool) -> str:
    if not value:
        return "{}"
    if flat:
        return f"{{ {', '.join(f'{hcl_key(key)} = {hcl_value(one, indent, True)}' for key, one in value.items())} }}"
    width = max(len(hcl_key(key)) for key in value)
    inner = indent + "  "
    lines = [f"{inner}{hcl_key(key):<{width}} = {hcl_value(one, inner)}" for key, one in value.items()]
    return "\n".join(["{", *lines, indent + "}"])


def hcl_block(head: str, entries: Mapping[str, Data], indent: str) -> str:
    """Return a block with its attributes first, their equals signs aligned, and its nested blocks below them."""
    lines = list(hcl_entries(entries, indent + "  "))
    return "\n".join([f"{indent}{head} {{", *lines, f"{indent}}}"]) if lines else f"{indent}{head} {{}}"


def hcl_entries(entries: Mapping[str, Data], indent: str) -> Iterator[str]:
    """Yield the lines of a block's body: its attributes, then its blocks, each below an empty line."""
    attributes = {key: one for key, one in entries.items() if not isinstance(one, Block)}
    width = max((len(key) for key in attributes), default=0)
    for key, one in attributes.items():
        yield f"{indent}{key:<{width}} = {hcl_value(one, indent)}"
    blocks = [(key, one) for key, one in entries.items() if isinstance(one, Block)]
    for i, (key, block) in enumerate(blocks):
        if i or attributes:
            yield ""
        yield hcl_block(key, block.entries, indent)


def yaml_scalar(value: Data, quote: str = "") -> str:
    """Return a scalar of YAML; text is plain where that reads back as the same text and no `quote` is asked for."""
    if isinstance(value, Code):
        raise UnwritableError("YAML has no expressions")
    if not isinstance(value, str):
        return scalar(value)
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not quote and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def yaml_block(value: Data, indent: str, quote: str = "") -> str:
    """Return what follows a key and its colon: a space and a scalar, or lines that are deeper than `indent`."""
    entries = value.entries if isinstance(value, Block) else value
    inner = indent + "  "
    if isinstance(entries, Mapping) and entries:
        return "".join(f"\n{inner}{yaml_scalar(key)}:{yaml_block(one, inner, quote)}" for key, one in entries.items())
    if isinstance(entries, tuple) and entries:
        return "".join(f"\n{inner}- {yaml_item(one, inner + '  ', quote)}" for one in entries)
    return " " + flow(value, quote)


def yaml_item(value: Data, indent: str, quote: str) -> str:
    """Return an item of a block sequence whose own lines stand at `indent`."""
    entries = value.entries if isinstance(value, Block) else value
    if isinstance(entries, Mapping) and entries:
        parts = (f"{yaml_scalar(key)}:{yaml_block(one, indent, quote)}" for key, one in entries.items())
        return f"\n{indent}".join(parts)
    return flow(value, quote)


def flow(value: Data, quote: str = "", is_json: bool = False) -> str:
    """Return a value on one line, as JSON writes it or as YAML's flow style does."""
    entries = value.entries if isinstance(value, Block) else value
    key_quote = '"' if is_json else ""
    if isinstance(entries, Mapping):
        parts = [f"{yaml_scalar(key, key_quote)}: {flow(one, quote, is_json)}" for key, one in entries.items()]
        return f"{{{', '.join(parts)}}}"
    if isinstance(entries, tuple):
        return f"[{', '.join(flow(one, quote, is_json) for one in entries)}]"
    return yaml_scalar(entries, '"' if is_json else quote)


def scalar(value: Data) -> str:
    """Return null, a truth value or a number, which all three formats write alike."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)

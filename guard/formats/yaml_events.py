"""The events of a YAML 1.1 stream, as libyaml's parser gives them, for who resolves scalars by rules of his own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal["scalar", "alias", "mapping", "sequence", "end", "document"]


class YamlEvent(NamedTuple):
    """One event. `style` is empty for plain scalars, else `'`, `"`, `|` or `>`; `line` and `column` count from 1."""

    kind: Kind
    line: int
    column: int
    value: str = ""
    tag: str = ""
    anchor: str = ""
    style: str = ""


class YamlError(ValueError):
    """The text is not valid YAML; the message tells what and where."""


def events(text: str) -> Iterator[YamlEvent]:
    """Yield the events of a stream: a `document`, its content with an `end` for each collection, and so on.

    Raises YamlError where the text is not valid, or asks for another version than 1.1.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            found = _event(event)
            if found is not None:
                yield found
    except yaml.YAMLError as error:
        raise YamlError(_message(error)) from None
    except (ValueError, RecursionError) as error:
        raise YamlError(f"not valid YAML: {error}") from None


def _event(event: Any) -> YamlEvent | None:
    mark = event.start_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    name = type(event).__name__
    anchor, tag = getattr(event, "anchor", None) or "", getattr(event, "tag", None) or ""
    if name == "ScalarEvent":
        return YamlEvent("scalar", line, column, event.value, tag, anchor, event.style or "")
    if name == "AliasEvent":
        return YamlEvent("alias", line, column, anchor=anchor)
    if name == "MappingStartEvent":
        return YamlEvent("mapping", line, column, tag=tag, anchor=anchor)
    if name == "SequenceStartEvent":
        return YamlEvent("sequence", line, column, tag=tag, anchor=anchor)
    if name in ("MappingEndEvent", "SequenceEndEvent"):
        return YamlEvent("end", line, column)
    if name == "DocumentStartEvent":
        if event.version not in (None, (1, 1)):
            raise YamlError(f"on line {line}, column {column}: found incompatible YAML document")
        return YamlEvent("document", line, column)
    return None


def _message(error: Any) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"on line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark is not None else str(problem)

"""A document held against a JSON Schema, each error a problem at its own line and column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Unknown

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_UNKNOWN = object()
_MOST_PROBLEMS = 100
_DEEPEST = 50


def schema_problems(node: Node, schema: str, tag: str, kinds: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong in `node` by the definition in guard/schemas/`schema` that its field `tag` names.

    Each problem tells the place, what is expected there and the nearest valid spelling.
    """
    found = node.text(tag)
    kind = getattr(found, "value", "")
    if kind not in kinds:
        wanted = _one_of(kinds)
        yield _problem(f"`{tag}` must be {wanted}{_nearest(str(kind), kinds)}", node.find(tag).location)
        return
    errors = sorted(
        _validator(schema, str(kind)).iter_errors(_plain(node)), key=lambda one: [str(part) for part in one.path]
    )
    for error in errors[:_MOST_PROBLEMS]:
        yield from _told(error, node, ())


@cache
def _validator(schema: str, kind: str) -> Any:
    from importlib.resources import files

    from jsonschema import Draft202012Validator

    document = json.loads((files("guard") / "schemas" / schema).read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": document["$defs"]})


def _plain(node: Node, depth: int = 0) -> Any:
    """Return the plain data of a node; a null is a key that is not written."""
    value = node.value
    if isinstance(value, Unknown) or depth > _DEEPEST:
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {name: _plain(one, depth + 1) for name, one in value.items() if one.value is not None}
    if is_sequence(value):
        return [_plain(one, depth + 1) for one in value]
    return value


def _told(error: ValidationError, node: Node, above: tuple[str | int, ...]) -> Iterator[Problem]:
    path = (*above, *error.path)
    if error.instance is _UNKNOWN:
        return
    if error.validator == "anyOf":
        best = _meant(error)
        for one in best:
            yield from _told(one, node, path)
        if best:
            return
    here = _at(node, path)
    if error.validator == "additionalProperties":
        yield from _misspelt(error, here, _name(path))
    elif error.validator == "required":
        yield _problem(f"{_name(path)} must have `{_missing(error)}`", here.key or _first_key(here))
    else:
        yield _problem(f"{_name(path)} {_expected(error)}", here.location)


def _meant(error: ValidationError) -> list[ValidationError]:
    """Return the errors of the alternative that the text is of the right type for; none where it fits no type."""
    branches: dict[Any, list[ValidationError]] = {}
    for one in error.context or ():
        branches.setdefault(one.schema_path[0], []).append(one)
    fitting = [
        errors for errors in branches.values() if not any(e.validator == "type" and not e.relative_path for e in errors)
    ]
    return fitting[0] if fitting else []


def _at(node: Node, path: tuple[str | int, ...]) -> Node:
    for step in path:
        child = node.get(step)
        if child is None:
            break
        node = child
    return node


def _first_key(node: Node) -> Location:
    if isinstance(node.value, Mapping):
        keys = [one.key for one in node.value.values() if one.key]
        return min(keys) if keys else node.location
    return node.location


def _missing(error: ValidationError) -> str:
    names: Any = error.validator_value
    instance: Any = error.instance
    absent = [str(name) for name in names if name not in instance]
    # One error is raised for each missing name; its message begins with it.
    return next((name for name in absent if error.message.startswith(f"{name!r} ")), absent[0])


def _misspelt(error: ValidationError, here: Node, name: str) -> Iterator[Problem]:
    valid = sorted(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    for key, child in here.fields().items():
        if key in valid:
            continue
        near = _nearest(key, valid)
        choice = near or f": it takes {_listed(valid)}"
        yield _problem(f"{name} has no `{key[:80]}`{choice}", child.key or child.location)


def _expected(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    found = _shown(error.instance)
    match error.validator:
        case "enum":
            return f"must be {_one_of(wanted)}, not {found}{_nearest(str(error.instance), wanted)}"
        case "const":
            return f"must be `{wanted}`, not {found}"
        case "type":
            return f"must be {_TYPES.get(str(wanted), str(wanted))}, not {found}"
        case "anyOf":
            kinds = [_TYPES.get(str(one.get("type")), "a mapping") for one in wanted]
            return f"must be {' or '.join(dict.fromkeys(kinds))}, not {found}"
        case "pattern":
            return f"must look like {_EXAMPLES.get(wanted, wanted)}, not {found}"
        case "minLength":
            return "must not be empty"
    return f"must be {_BOUNDS.get(str(error.validator), str(error.validator))} {wanted}, not {found}"


_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
_EXAMPLES = {
    r"^\d{4}-\d{2}-\d{2}$": "2027-01-31",
    r"^[0-9]+(\.[0-9]+)?[KMBT]$": "8B or a number",
    r"^\d{4}(-(Q[1-4]|H[12]))?$": "2027, 2027-H1 or 2027-Q1",
}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"`{str(value)[:80]}`"


def _name(path: tuple[str | int, ...]) -> str:
    if not path:
        return "the document"
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"`{text.removeprefix('.')}`"


def _nearest(word: str, valid: Sequence[str]) -> str:
    close = get_close_matches(word[:80].lower(), [str(one) for one in valid], 1, 0.6)
    return f": did you mean `{close[0]}`?" if close else ""


def _one_of(values: Sequence[Any]) -> str:
    return " or ".join(f"`{one}`" for one in values) if len(values) < 3 else f"one of {_listed(values)}"


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"`{one}`" for one in values)


def _problem(message: str, location: Location) -> Problem:
    return Problem("schema", message, location)

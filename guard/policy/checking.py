"""Checks a node against a pydantic model; each mistake is told once, at its place, with the nearest spelling."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args

from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.node import Node, is_sequence, kind_of
from guard.model.value import Unknown
from guard.policy.places import inside

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

ModelT = TypeVar("ModelT", bound="BaseModel")

EXPECTED = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a smaller number",
    "bool_type": "true or false",
    "none_required": "null",
    "date_type": "a date (YYYY-MM-DD)",
    "date_parsing": "a date (YYYY-MM-DD)",
    "date_from_datetime_parsing": "a date (YYYY-MM-DD)",
    "date_from_datetime_inexact": "a date (YYYY-MM-DD)",
}


class Mistake(NamedTuple):
    """An error at a place that is written; `branch` tells that it is one of several shapes that were tried."""

    path: tuple[str | int, ...]
    node: Node
    branch: bool
    error: ErrorDetails


def check(node: Node, model: type[ModelT], text: str = "") -> tuple[ModelT | None, tuple[Problem, ...]]:
    """Return the model made from `node`, or None and one problem for each mistake.

    With the file's `text` a mistake inside of a longer text is told at its own line and column.
    """
    from pydantic import ValidationError

    unreadable = [one.value for _, one in node.walk() if isinstance(one.value, Unknown)]
    if unreadable:
        return None, tuple(problem(one.reason, one.location) for one in unreadable)
    try:
        # As JSON, the strict mode takes lists for tuples and text for dates, yet "3" is no number and true is not 1.
        return model.model_validate_json(json.dumps(_plain(node)), strict=True), ()
    except ValidationError as error:
        return None, tuple(_problems(node, model, error.errors(include_url=False), text))


def problem(message: str, location: Location) -> Problem:
    """Return a mistake in a policy."""
    return Problem("policy", message, location)


def nearest(word: str, among: Iterable[str]) -> str:
    """Return `; did you mean "x"?` for the spelling in `among` that is nearest to `word`, "" where none is near."""
    by_folded = {one.casefold(): one for one in among}
    near = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f'; did you mean "{by_folded[near[0]]}"?' if near else ""


def _plain(node: Node) -> Any:
    value = node.value
    if isinstance(value, Mapping):
        return {key: _plain(child) for key, child in value.items()}
    if is_sequence(value):
        return [_plain(child) for child in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value.adjusted()) < 30 else float(value)
    return value


def _problems(root: Node, model: type[BaseModel], errors: Sequence[ErrorDetails], text: str) -> Iterator[Problem]:
    mistakes = [_mistake(root, error) for error in errors]
    deepest = [
        one
        for one in mistakes
        if not (one.branch and any(two.path[: len(one.path)] == one.path != two.path for two in mistakes))
    ]
    told = set()
    for one in deepest:
        if one.path in told and one.branch:
            continue
        told.add(one.path)
        same = [two.error for two in deepest if two.path == one.path] if one.branch else [one.error]
        yield _within(one, text) or _problem(one, same, model)


def _within(mistake: Mistake, text: str) -> Problem | None:
    """Return the problem at the place that a mistake names inside of a text, None where it names none."""
    wrong = mistake.error.get("ctx", {}).get("error")
    start, end = getattr(wrong, "start", None), getattr(wrong, "end", None)
    if start is None or end is None:
        return None
    return problem(f"{_written(mistake.path)}: {wrong}", inside(text, mistake.node, start, end))


def _mistake(root: Node, error: ErrorDetails) -> Mistake:
    """Walk to the deepest written node; what is no key of it is the name of a shape that pydantic tried."""
    node, path, branch = root, [], False
    for step in error["loc"]:
        child = _child(node, step)
        if child is None:
            branch = branch or step != error["loc"][-1] or error["type"] != "missing"
            continue
        node = child
        path.append(step)
    return Mistake(tuple(path), node, branch, error)


def _child(node: Node, step: str | int) -> Node | None:
    value = node.value
    if isinstance(value, Mapping) and isinstance(step, str):
        return value.get(step)
    if is_sequence(value) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _problem(mistake: Mistake, errors: Sequence[ErrorDetails], model: type[BaseModel]) -> Problem:
    kind, path, node = mistake.error["type"], mistake.path, mistake.node
    if kind == "extra_forbidden":
        known = _keys(model, path[:-1])
        hint = nearest(str(path[-1]), known) or f"; the keys here are {', '.join(sorted(known))}"
        return problem(f'unknown key "{path[-1]}"{hint}', node.key or node.location)
    if kind == "missing":
        return problem(f'"{mistake.error["loc"][-1]}" is missing', node.key or node.location)
    where = f"{_written(path)}: " if path else ""
    return problem(where + _wrong(node, errors), node.location)


def _written(path: Sequence[str | int]) -> str:
    names = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(names).lstrip(".")


def _wrong(node: Node, errors: Sequence[ErrorDetails]) -> str:
    expected = list(dict.fromkeys(EXPECTED[one["type"]] for one in errors if one["type"] in EXPECTED))
    if len(expected) and all(one["type"] in EXPECTED for one in errors):
        return f"expected {_either(expected)}, found {_shown(node)}"
    error = next(one for one in errors if one["type"] not in EXPECTED)
    if error["type"] in ("enum", "literal_error"):
        spellings = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
        return f"{_shown(node)} is none of {', '.join(spellings)}{nearest(str(node.value), spellings)}"
    if error["type"] == "too_short":
        least = error["ctx"]["min_length"]
        return f"should have at least {least} element{'' if least == 1 else 's'}"
    message = error["msg"].removeprefix("Value error, ")
    if message.startswith("expected "):
        return f"{message}, found {_shown(node)}"
    return message.replace("Input should", "should").replace("String should", "should")


def _either(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(node: Node) -> str:
    value = node.value
    if isinstance(value, str) and value and len(value) <= 60:
        return json.dumps(value, ensure_ascii=False)
    return "empty text" if value == "" else kind_of(node)


def _keys(model: type[BaseModel], path: Sequence[str | int]) -> frozenset[str]:
    """Return the keys that may be written at `path` of a model, by their aliases."""
    from pydantic import BaseModel

    reached: list[Any] = [model]
    for step in path:
        inner = [one.model_fields for one in reached if isinstance(one, type) and issubclass(one, BaseModel)]
        named = [info.annotation for fields in inner for name, info in fields.items() if (info.alias or name) == step]
        reached = [part for one in (named or reached) for part in _parts(one)]
    models = [one for one in reached if isinstance(one, type) and issubclass(one, BaseModel)]
    return frozenset(info.alias or name for one in models for name, info in one.model_fields.items())


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield a type and all types that it is built from: of `Mapping[str, A | None]` also `A`."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)

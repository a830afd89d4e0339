"""Functions on regular expressions, which run on RE2 so that no pattern can take more than linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from guard.terraform.functions.framework import (
    MOST_ELEMENTS,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    limited,
)
from guard.terraform.functions.strings import replaced_text
from guard.terraform.types import DYNAMIC, STRING, Type, list_of, object_of, tuple_of
from guard.terraform.values import (
    Value,
    as_text,
    list_value,
    null,
    object_value,
    string,
    tuple_value,
)

_REFERENCE: Final = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
_ONE_BYTE: Final = re.compile(r"(?:[^\\]|\\Q.*?(?:\\E|\Z)|\\[^CQ])*+\\C", re.DOTALL)
"""Where RE2 would match one byte, which Go's regular expressions do not allow."""
_NAMED: Final = re.compile(r"(?<!\\)(?:\\\\)*\(\?P?<\w+>")
LONGEST_PATTERN: Final = 10_000


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """Return the pattern compiled by RE2; FunctionError where it is not valid or too large."""
    import re2

    if len(pattern) > LONGEST_PATTERN:
        raise FunctionError(f"the pattern is longer than {LONGEST_PATTERN} characters", 0)
    if _ONE_BYTE.match(pattern):
        raise FunctionError("invalid regexp pattern: invalid escape sequence in \\C", 0)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 4 << 20
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it is not valid"
        shown = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise FunctionError(f"invalid regexp pattern: {shown}", 0) from None


def matches(pattern: Any, text: str) -> Iterator[Any]:
    """Yield the matches from left to right as Go finds them: no empty one right after another match."""
    end = -1
    for match in pattern.finditer(text):
        start, stop = match.span()
        if start == stop == end:
            continue
        end = stop
        yield match


def _kind(arguments: Arguments) -> Type:
    """Return the type of one match: a string, a tuple of the unnamed groups or an object of the named ones."""
    if not arguments[0].is_known:
        return DYNAMIC
    pattern = compiled(as_text(arguments[0]))
    names = pattern.groupindex
    if not pattern.groups:
        return STRING
    if names and len(names) < pattern.groups and len(_NAMED.findall(pattern.pattern)) < pattern.groups:
        raise FunctionError("invalid regexp pattern: cannot mix both named and unnamed capture groups", 0)
    if names:
        return object_of(dict.fromkeys(names, STRING))
    return tuple_of([STRING] * pattern.groups)


def _list_kind(arguments: Arguments) -> Type:
    return list_of(_kind(arguments))


def _captured(match: Any, kind: Type, names: Mapping[str, int]) -> Value:
    if kind.kind == "string":
        return string(match.group())
    if kind.kind == "tuple":
        return tuple_value(_group(match, position + 1) for position in range(len(kind.items)))
    return object_value({name: _group(match, position) for name, position in names.items()})


def _group(match: Any, position: int) -> Value:
    found = match.group(position)
    return null(STRING) if found is None else string(found)


def _regex(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    pattern = compiled(as_text(arguments[0]))
    match = pattern.search(as_text(arguments[1]))
    if match is None:
        raise FunctionError("pattern did not match any part of the given string")
    return _captured(match, kind, pattern.groupindex)


def _regexall(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    pattern = compiled(as_text(arguments[0]))
    names = pattern.groupindex
    found: list[Value] = []
    for match in matches(pattern, as_text(arguments[1])):
        if len(found) == MOST_ELEMENTS:
            raise FunctionError(f"there are more than {MOST_ELEMENTS} matches")
        found.append(_captured(match, kind.of, names))
    return list_value(found, kind.of)


def _replace(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    text, old, new = map(as_text, arguments)
    if len(old) > 1 and old[0] == "/" and old[-1] == "/":
        return string(_replaced(compiled(old[1:-1]), text, new))
    return string(replaced_text(text, old, new))


def _replaced(pattern: Any, text: str, template: str) -> str:
    pieces: list[str] = []
    names = pattern.groupindex
    size = end = 0
    for match in matches(pattern, text):
        start, stop = match.span()
        pieces += (text[end:start], _expanded(template, match, names, pattern.groups))
        size += len(pieces[-1])
        if size > MOST_ELEMENTS * 160:
            raise FunctionError("the result would be too long")
        end = stop
    return limited("".join([*pieces, text[end:]]))


def _expanded(template: str, match: Any, names: Mapping[str, int], groups: int) -> str:
    def group(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        position = int(name) if name.isascii() and name.isdigit() and len(name) < 9 else names.get(name)
        if position is None or position > groups:
            return ""
        return match.group(position) or ""

    return _REFERENCE.sub(group, template) if "$" in template else template


_MATCHING: Final = (Parameter("pattern", STRING), Parameter("string", STRING))
FUNCTIONS: Final[Mapping[str, Function]] = {
    "regex": Function(_MATCHING, _kind, _regex),
    "regexall": Function(_MATCHING, _list_kind, _regexall),
    "replace": Function(
        (Parameter("str", STRING), Parameter("substr", STRING), Parameter("replace", STRING)), STRING, _replace
    ),
}

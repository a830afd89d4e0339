"""String functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from guard.terraform import numbers
from guard.terraform.functions.framework import (
    LONGEST_TEXT,
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    limited,
    text_function,
    unknown_from,
    whole_number,
)
from guard.terraform.text import SPACES, cluster_count, clusters, lower, titled, upper
from guard.terraform.types import BOOL, NUMBER, STRING, Type, list_of
from guard.terraform.values import (
    FALSE,
    TRUE,
    Undecided,
    Value,
    as_text,
    boolean,
    first_unknown,
    is_wholly_known,
    list_value,
    number,
    refined,
    string,
)


def text_length(value: Value) -> Value:
    """Return the number of grapheme clusters of a string value; of an unknown one, a number that is not less."""
    held = value.content
    if isinstance(held, Undecided):
        return refined(NUMBER, held.cause, minimum=numbers.from_integer(cluster_count(held.prefix)))
    return number(cluster_count(as_text(value)))


def _two_texts(change: Callable[[str, str], str], first: str, second: str) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return string(change(as_text(arguments[0]), as_text(arguments[1])))

    return Function((Parameter(first, STRING), Parameter(second, STRING)), STRING, run)


def _question(decide: Callable[[str, str], bool], second: str) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return boolean(decide(as_text(arguments[0]), as_text(arguments[1])))

    return Function((Parameter("str", STRING), Parameter(second, STRING)), BOOL, run)


def _startswith(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    prefix = as_text(arguments[1])
    held = arguments[0].content
    if not isinstance(held, Undecided):
        return boolean(as_text(arguments[0]).startswith(prefix))
    if held.prefix.startswith(prefix):
        return TRUE
    if held.prefix and len(held.prefix.encode()) >= len(prefix.encode()):
        return FALSE
    return unknown_from(BOOL, *arguments)


def _substr(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    letters = clusters(as_text(arguments[0]))
    offset, wanted = whole_number(arguments[1]), whole_number(arguments[2])
    if offset < 0:
        offset = max(0, offset + len(letters))
        # A length of nought takes all that follows a negative offset, which is what the function has always done.
        wanted = wanted or -1
    end = len(letters) if wanted < 0 else offset + wanted
    return string("".join(letters[offset:end]))


def _join(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    separator, lists = as_text(arguments[0]), arguments[1:]
    if not lists:
        raise FunctionError("at least one list is required")
    if first_unknown(*lists):
        return unknown_from(STRING, *lists)
    items: list[str] = []
    for place, each in enumerate(lists, 1):
        for position, item in enumerate(each.items):
            if item.is_null:
                which = f" of list {place}" if lists[1:] else ""
                raise FunctionError(f"element {position}{which} is null; cannot concatenate null values", place)
            items.append(as_text(item))
    if sum(map(len, items)) + len(separator) * len(items) > LONGEST_TEXT:
        raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
    return string(separator.join(items))


def _sort(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    held = arguments[0].content
    if isinstance(held, Undecided):
        return refined(kind, held.cause, shortest=held.shortest, longest=held.longest)
    if not is_wholly_known(arguments[0]):
        cause = first_unknown(arguments[0])
        assert cause is not None
        count = len(arguments[0].items)
        return refined(kind, cause, shortest=count, longest=count)
    for position, item in enumerate(arguments[0].items):
        if item.is_null:
            raise FunctionError(f"given list element {position} is null; a null string cannot be sorted")
    return list_value(sorted(arguments[0].items, key=as_text), STRING)


def _split(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    separator, text = as_text(arguments[0]), as_text(arguments[1])
    parts = text.split(separator) if separator else list(text)
    return list_value(map(string, parts), STRING)


def _indent(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    spaces, text = whole_number(arguments[0]), as_text(arguments[1])
    if spaces < 0:
        raise FunctionError("the number of spaces must not be negative", 0)
    if spaces * text.count("\n") > LONGEST_TEXT:
        raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
    return string(text.replace("\n", "\n" + " " * spaces))


def _strlen(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return text_length(arguments[0])


def replaced_text(text: str, old: str, new: str) -> str:
    """Return text with every `old` replaced; FunctionError where the result would be too long."""
    count = text.count(old)
    if len(text) + count * max(0, len(new) - len(old)) > LONGEST_TEXT:
        raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
    return limited(text.replace(old, new))


FUNCTIONS: Final[Mapping[str, Function]] = {
    "chomp": text_function(lambda text: text.rstrip("\r\n")),
    "endswith": _question(str.endswith, "suffix"),
    "indent": Function((Parameter("spaces", NUMBER), Parameter("str", STRING)), STRING, _indent),
    "join": Function((Parameter("separator", STRING),), STRING, _join, Parameter("lists", list_of(STRING))),
    "lower": text_function(lower),
    "sort": Function((Parameter("list", list_of(STRING), unknown=True),), list_of(STRING), _sort),
    "split": Function((Parameter("separator", STRING), Parameter("str", STRING)), list_of(STRING), _split),
    "startswith": Function((Parameter("str", STRING, unknown=True), Parameter("prefix", STRING)), BOOL, _startswith),
    "strcontains": _question(lambda text, part: part in text, "substr"),
    "strrev": text_function(lambda text: "".join(reversed(clusters(text)))),
    "substr": Function(
        (
            Parameter("str", STRING, dynamic=True),
            Parameter("offset", NUMBER, dynamic=True),
            Parameter("length", NUMBER, dynamic=True),
        ),
        STRING,
        _substr,
    ),
    "title": text_function(titled),
    "trim": _two_texts(str.strip, "str", "cutset"),
    "trimprefix": _two_texts(str.removeprefix, "str", "prefix"),
    "trimspace": text_function(lambda text: text.strip(SPACES)),
    "trimsuffix": _two_texts(str.removesuffix, "str", "suffix"),
    "upper": text_function(upper),
}

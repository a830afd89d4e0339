"""Conversion between strings, numbers and bools, and what a failed conversion says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from guard.terraform import numbers
from guard.terraform.number_parsing import parse
from guard.terraform.types import NUMBER, STRING
from guard.terraform.values import FALSE, TRUE, Value, as_flag, as_number, as_text, string

Path: TypeAlias = tuple[str | int, ...]
Conversion: TypeAlias = Callable[[Value, Path], Value]


class ConversionError(Exception):
    """A value cannot be converted. `message` says what is required, `path` leads to the part that does not fit."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.message}" if self.path else self.message


def path_text(path: Path) -> str:
    """Return a path as Terraform's messages write it: `.tags["a"]`, `[0].size`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def unchanged(value: Value, path: Path) -> Value:
    """Return the value as it is."""
    return value


def number_to_text(value: Value, path: Path = ()) -> Value:
    """Return a known number as a string value; ConversionError where it has too many digits."""
    try:
        return Value(STRING, numbers.text(as_number(value)))
    except numbers.NumberTooLarge:
        raise ConversionError("the number has too many digits", path) from None


def _flag_to_text(value: Value, path: Path) -> Value:
    return string("true" if as_flag(value) else "false")


def _text_to_number(value: Value, path: Path) -> Value:
    found = parse(as_text(value))
    if found is None:
        raise ConversionError("a number is required", path)
    return Value(NUMBER, found)


def _text_to_flag(value: Value, path: Path) -> Value:
    found = as_text(value)
    if found in ("true", "1"):
        return TRUE
    if found in ("false", "0"):
        return FALSE
    if found.lower() in ("true", "false"):
        raise ConversionError(
            f'a bool is required; to convert from string, use lowercase "{found.lower()}"', path
        ) from None
    raise ConversionError("a bool is required", path)


SAFE: Final[Mapping[tuple[str, str], Conversion]] = {
    ("number", "string"): number_to_text,
    ("bool", "string"): _flag_to_text,
    ("string", "string"): unchanged,
    ("number", "number"): unchanged,
    ("bool", "bool"): unchanged,
}
UNSAFE: Final[Mapping[tuple[str, str], Conversion]] = {
    ("string", "number"): _text_to_number,
    ("string", "bool"): _text_to_flag,
}

"""File name functions and glob patterns."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from guard.model.value import Unknown
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    text_function,
)
from guard.terraform.types import STRING, Type
from guard.terraform.values import Value, as_text, string, unknown

LONGEST_PATTERN: Final = 4096
CHECKOUT: Final = "/(checkout)"
"""Stands for the absolute path of what is checked, which depends on the machine; files below it can be read, and a
value that holds it is no fact."""


def clean(path: str) -> str:
    """Return a path without needless parts, as Go's `filepath.Clean` gives it."""
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _base(path: str) -> str:
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


def _directory(path: str) -> str:
    return clean(path[: path.rfind("/") + 1])


def _abspath(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    path = as_text(arguments[0])
    if path.startswith("/"):
        return string(clean(path))
    reason = f'abspath("{path}") depends on the directory where Terraform runs'
    return unknown(STRING, Unknown(reason, environment.location))


def _pathexpand(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    path = as_text(arguments[0])
    if not path.startswith("~"):
        return string(path)
    if len(path) > 1 and path[1] not in "/\\":
        raise FunctionError("cannot expand user-specific home dir", 0)
    return unknown(STRING, Unknown(f'pathexpand("{path}") depends on who runs Terraform', environment.location))


def glob_pattern(glob: str) -> str:
    """Return the regular expression (for RE2) of a glob as Go's `doublestar` reads it; FunctionError where it is bad.

    `**` as a whole part of the path stands for any directories; hidden files are matched like others.
    """
    if len(glob) > LONGEST_PATTERN:
        raise FunctionError("the pattern is too long", 1)
    pieces: list[str] = []
    position = depth = 0
    while position < len(glob):
        letter = glob[position]
        if depth and letter == "/":
            raise FunctionError("syntax error in pattern: alternatives stand within one part of a path", 1)
        if letter == "*":
            piece, position = _star(glob, position)
        elif letter == "[":
            piece, position = _class(glob, position)
        elif letter == "{":
            piece, position, depth = "(?:", position + 1, depth + 1
        elif depth and letter in "},":
            piece, position, depth = ("|", position + 1, depth) if letter == "," else (")", position + 1, depth - 1)
        elif letter == "\\" and position + 1 < len(glob):
            piece, position = re.escape(glob[position + 1]), position + 2
        else:
            piece, position = "[^/]" if letter == "?" else re.escape(letter), position + 1
        pieces.append(piece)
    if depth:
        raise FunctionError("syntax error in pattern", 1)
    return "".join(pieces)


def _star(glob: str, position: int) -> tuple[str, int]:
    end = position
    while glob[end : end + 1] == "*":
        end += 1
    whole = end - position == 2 and glob[position - 1 : position] in ("", "/")
    if whole and glob[end : end + 1] == "/":
        return "(?:[^/]+/)*", end + 1
    if whole and end == len(glob):
        return "(?:[^/]+/)*[^/]+", end
    return "[^/]*", end


def _class(glob: str, position: int) -> tuple[str, int]:
    end = position + 1
    negated = glob[end : end + 1] == "^"
    end += negated
    body: list[str] = []
    while end < len(glob) and (glob[end] != "]" or not body):
        if glob[end] == "\\":
            end += 1
        letter = glob[end : end + 1]
        body.append("-" if letter == "-" and body and glob[end + 1 : end + 2] != "]" else re.escape(letter))
        end += 1
    if end >= len(glob):
        raise FunctionError("syntax error in pattern", 1)
    return f"[{'^/' if negated else ''}{''.join(body)}]", end + 1


FUNCTIONS: Final[Mapping[str, Function]] = {
    "abspath": Function((Parameter("path", STRING),), STRING, _abspath),
    "basename": text_function(_base),
    "dirname": text_function(_directory),
    "pathexpand": Function((Parameter("path", STRING),), STRING, _pathexpand),
}

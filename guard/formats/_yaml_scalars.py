"""What a plain YAML scalar means to Kubernetes: the rules of go-yaml 2, which `sigs.k8s.io/yaml` uses (YAML 1.1).

`y`, `n`, `yes`, `no`, `on` and `off` are booleans, `0777` is octal, `1_000` is a number, `1:30` and dates are text.
Source: resolve.go of gopkg.in/yaml.v2.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from guard.model.node import Scalar


def _spellings(*words: str) -> list[str]:
    return [form for word in words for form in (word, word.capitalize(), word.upper())]


_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(_spellings("y", "yes", "true", "on"), True),
    **dict.fromkeys(_spellings("n", "no", "false", "off"), False),
    **dict.fromkeys(["", "~", *_spellings("null")], None),
}
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_OTHER_BASE = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[oO]?([0-7]+)|[bB]([01]+))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_BEGINS = frozenset("+-.0123456789")
# int() takes quadratic time for decimal digits; beyond this a Decimal holds them.
_MAX_DIGITS = 1000


def resolve(text: str) -> Scalar:
    """Return what the plain scalar `text` means."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_BEGINS:
        return text
    return number(text)


def is_not_finite(text: str) -> bool:
    """Tell whether a plain scalar is an infinity or not a number, which JSON and Terraform cannot hold."""
    return _INFINITE.fullmatch(text) is not None


def number(text: str) -> Scalar:
    """Return the number that `text` is, or `text` itself where it is none."""
    digits = text.replace("_", "") if "_" in text else text
    if _DECIMAL.fullmatch(digits):
        return int(digits) if len(digits) < _MAX_DIGITS else Decimal(digits)
    match = _OTHER_BASE.fullmatch(digits)
    if match:
        return _other_base(match)
    if not _FLOAT.fullmatch(digits):
        return text
    try:
        return Decimal(digits)
    except InvalidOperation:
        return text


def _other_base(match: re.Match[str]) -> int:
    hexadecimal, octal, binary = match[2], match[3], match[4]
    base, digits = (16, hexadecimal) if hexadecimal else (8, octal) if octal else (2, binary)
    value = int(digits, base)
    return -value if match[1] == "-" else value

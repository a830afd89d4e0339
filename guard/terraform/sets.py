"""The order and identity of a set's elements, as cty has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from guard.terraform.content import Undecided, Value
from guard.terraform.number_format import general
from guard.terraform.numbers import Number, compare, text
from guard.terraform.types import Type


def set_key(value: Value) -> str:
    """Return the text by which cty orders and buckets values that are not primitive; marks do not count."""
    content = value.content
    if isinstance(content, Undecided):
        return "?"
    if content is None:
        return "~"
    if isinstance(content, bool):
        return "T" if content else "F"
    if isinstance(content, str):
        return quoted(content)
    if isinstance(content, Number):
        return _ten_digits(content)
    if value.type.kind == "map":
        return "{" + "".join(f"{quoted(key)}:{set_key(each)};" for key, each in value.fields.items()) + "}"
    inner = "".join(f"{set_key(each)};" for each in value.items)
    return f"[{inner}]" if value.type.kind in ("list", "set") else f"<{inner}>"


def quoted(text_: str) -> str:
    """Return text in double quotes as Go's `%q` writes it."""
    return '"' + "".join(_ESCAPES.get(letter) or _printable(letter) for letter in text_) + '"'


_ESCAPES: Final = {
    '"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
}  # fmt: skip


def _printable(letter: str) -> str:
    if letter == " " or (letter.isprintable() and not letter.isspace()):
        return letter
    code = ord(letter)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _ten_digits(value: Number) -> str:
    if value.is_infinite or (value.exponent >= 0 and value.mantissa.bit_length() + value.exponent < 30):
        return text(value)
    return general(value, 10)


def distinct(items: Sequence[Value], element: Type) -> tuple[Value, ...]:
    """Return the elements of a set made of `items`, which have no marks: without repetitions, in order."""
    if element.is_primitive:
        found: dict[object, Value] = {}
        rest = []
        for item in items:
            if item.is_known:
                found.setdefault(item.content, item)
            else:
                rest.append(item)
        return (*sorted(found.values(), key=_primitive_order), *rest)
    buckets: dict[str, list[Value]] = {}
    for item in items:
        bucket = buckets.setdefault(set_key(item), [])
        if not any(same(item, other) for other in bucket):
            bucket.append(item)
    ordered = sorted(buckets, key=lambda key: (key == "~", key == "?", key.encode("utf-8", "surrogatepass")))
    return tuple(item for key in ordered for item in buckets[key])


class _Ordered(NamedTuple):
    value: Number

    def __lt__(self, other: tuple[object, ...]) -> bool:
        return isinstance(other, _Ordered) and compare(self.value, other.value) < 0


def _primitive_order(value: Value) -> tuple[bool, object]:
    content = value.content
    if content is None:
        return (True, "")
    return (False, _Ordered(content) if isinstance(content, Number) else content)


def same(left: Value, right: Value) -> bool:
    """Tell whether two values without marks are the same; anything unknown is equal to nothing."""
    if not (left.is_known and right.is_known):
        return False
    if isinstance(left.content, Mapping) and isinstance(right.content, Mapping):
        return left.content.keys() == right.content.keys() and all(
            same(each, right.content[name]) for name, each in left.content.items()
        )
    if left.content is None or right.content is None or isinstance(left.content, (str, bool, Number)):
        return left.content == right.content
    return len(left.items) == len(right.items) and all(map(same, left.items, right.items))


class Finder:
    """Finds values that are the same among many; what is unknown is found nowhere."""

    def __init__(self) -> None:
        self._buckets: dict[str, list[tuple[Value, int]]] = {}

    def add(self, value: Value, position: int) -> None:
        """Note a value; of equal ones the first position counts."""
        self._buckets.setdefault(set_key(value), []).append((value, position))

    def find(self, value: Value) -> int | None:
        """Return the position of the value, None where it was not noted."""
        for other, position in self._buckets.get(set_key(value), ()):
            if value.type == other.type and same(value, other):
                return position
        return None

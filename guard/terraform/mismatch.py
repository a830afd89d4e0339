"""Why one type does not convert to another, in the words of Terraform's messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from guard.terraform.sets import quoted
from guard.terraform.types import Type, friendly_name

CanConvert = Callable[[Type, Type], bool]


def mismatch(given: Type, wanted: Type, can_convert: CanConvert) -> str:
    """Return what is wrong with `given` where `wanted` is required; to be called where a conversion has failed."""
    kinds = given.kind, wanted.kind
    if kinds == ("object", "object"):
        return _objects(given, wanted, can_convert)
    if wanted.is_collection and wanted.of.kind == "dynamic" and _alike(given, wanted):
        return f"all {wanted.kind} elements must have the same type"
    if given.kind in ("tuple", "object") and wanted.is_collection and _alike(given, wanted):
        return _elements(given, wanted, can_convert)
    if given.is_collection and wanted.is_collection and (given.kind == "map") == (wanted.kind == "map"):
        return f"incorrect {wanted.kind} element type: {mismatch(given.of, wanted.of, can_convert)}"
    return f"{friendly_name(wanted, constraint=True)} required"


def _alike(given: Type, wanted: Type) -> bool:
    return given.kind == ("object" if wanted.kind == "map" else "tuple")


def _objects(given: Type, wanted: Type, can_convert: CanConvert) -> str:
    missing = [name for name in wanted.fields if name not in given.fields and name not in wanted.optional]
    if missing:
        return f"attribute{'s' if missing[1:] else ''} {_listed(missing)} {'are' if missing[1:] else 'is'} required"
    for name, each in wanted.fields.items():
        found = given.fields.get(name)
        if found is not None and found != each and not can_convert(found, each):
            return f"attribute {quoted(name)}: {mismatch(found, each, can_convert)}"
    return "incorrect object attributes"


def _listed(names: Sequence[str]) -> str:
    texts = [quoted(name) for name in names]
    if len(texts) < 3:
        return " and ".join(texts)
    return f"{', '.join(texts[:-1])}, and {texts[-1]}"


def _elements(given: Type, wanted: Type, can_convert: CanConvert) -> str:
    parts = enumerate(given.items) if given.kind == "tuple" else given.fields.items()
    for key, each in parts:
        if each != wanted.of and not can_convert(each, wanted.of):
            name = quoted(key) if isinstance(key, str) else key
            return f"element {name}: {mismatch(each, wanted.of, can_convert)}"
    return f"all elements must be {friendly_name(wanted.of, constraint=True)}"

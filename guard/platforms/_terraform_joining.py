"""Which instance of the same root another one means: by a reference to it, or by its written name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guard.model.instance import Instance
from guard.model.platform import Surroundings
from guard.model.value import Known, Unknown

_KEY = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|[^\[\]"]*)\]')
_NAMES = ("id", "name", "bucket", "arn", "self_link")


def bare(address: str) -> str:
    """Return an address without its instance keys."""
    return _KEY.sub("", address)


def joined(
    source: Instance, attribute: str, around: Surroundings, types: Iterable[str], *path: str | int
) -> Instance | None:
    """Return the instance of one of `types` that `source` means by `attribute` (at `path` where the name is nested)."""
    candidates = around.instances_of(*types)
    found = [one for one in candidates if means(source, attribute, one, *path)]
    return found[0] if len(found) == 1 else None


def means(source: Instance, attribute: str, target: Instance, *path: str | int) -> bool | None:
    """Tell whether `source` means `target` by `attribute`, None where the text does not decide it."""
    node = source.body.get(*(path or (attribute,)))
    if node is None:
        return False
    value = node.value
    exact = value.reference if isinstance(value, Unknown) else ""
    # A name made of a random one is unknown for that one's sake, and says nothing of whose name it is.
    if exact and _provider_of(exact) == target.type.partition("_")[0]:
        return _same(exact, source, target)
    named = [one for one in source.references.get(attribute, ()) if _type_of(one) == target.type]
    if named:
        return any(_same(one, source, target) for one in named)
    if isinstance(value, Unknown):
        return None
    text = node.text()
    return isinstance(text, Known) and _is_named(target, text.value)


def _same(reference: str, source: Instance, target: Instance) -> bool:
    modules = f"{source.module}." if source.module else ""
    wanted = {reference, modules + reference}
    if target.address in wanted:
        return True
    if bare(target.address) not in {bare(one) for one in wanted}:
        return False
    if "[" in reference.rpartition(".")[2]:
        return False
    if target.module != source.module and bare(target.module) == bare(source.module):
        return False
    return target.key is None or source.key is None or target.key == source.key


def _provider_of(address: str) -> str:
    return _type_of(address).partition("_")[0]


def _type_of(address: str) -> str:
    parts = bare(address).split(".")
    return parts[-2] if len(parts) > 1 else ""


def _is_named(target: Instance, text: str) -> bool:
    if not text:
        return False
    for name in _NAMES:
        own = target.body.text(name)
        if isinstance(own, Known) and own.value == text:
            return True
    return False

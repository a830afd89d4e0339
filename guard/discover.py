"""The registry is the content of a package: a new file with the right name in it is offered, nothing else is needed."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import TypeVar

T = TypeVar("T")


@cache
def modules(package: str) -> dict[str, str]:
    """Return the modules below `package` by their last name (`missing_tag`), sorted; only packages are imported.

    Names that begin with an underscore are helpers and not offered.
    """
    home = import_module(package)
    found: dict[str, str] = {}
    for info in pkgutil.iter_modules(home.__path__, package + "."):
        last = info.name.rpartition(".")[2]
        if last.startswith("_"):
            continue
        if info.ispkg:
            found.update(modules(info.name))
        else:
            found[last] = info.name
    return dict(sorted(found.items()))


def load(module: str, attribute: str, kind: type[T]) -> T | None:
    """Return what `module` offers as `attribute`, None where it offers none. Raises TypeError for another type."""
    thing = getattr(import_module(module), attribute, None)
    if thing is not None and not isinstance(thing, kind):
        raise TypeError(f"{module}.{attribute} is not a {kind.__name__}")
    return thing


def one(package: str, name: str, attribute: str, kind: type[T]) -> T | None:
    """Return what the module called `name` (hyphens count as underscores) offers; only that module is imported."""
    module = modules(package).get(name.replace("-", "_"))
    return load(module, attribute, kind) if module else None


def offered(package: str, attribute: str, kind: type[T]) -> dict[str, T]:
    """Import every module below `package` and return what they offer as `attribute`, by module name, sorted."""
    found = {name: load(module, attribute, kind) for name, module in modules(package).items()}
    return {name: thing for name, thing in found.items() if thing is not None}

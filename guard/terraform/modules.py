"""The tree of module calls below a root, as the text alone decides it: which directory each call leads to."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from guard.formats.hcl_syntax import Expression, Literal, Template
from guard.model.document import ReadError
from guard.model.finding import Problem
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.configuration import Module, Written
from guard.terraform.sources import Sources

DEEPEST = 30
MOST = 3000
"""Bounds for hostile trees of calls; real ones are four levels deep and hold some hundred calls."""


@dataclass(slots=True)
class Branch:
    """A module as one call reaches it; `names` are the calls from the root, `missing` says which lead nowhere."""

    names: tuple[str, ...]
    module: Module
    parent: Branch | None = None
    call: Written | None = None
    children: dict[str, Branch] = field(default_factory=dict)
    missing: dict[str, Unknown] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def walk(self) -> Iterator[Branch]:
        """Yield this branch and all below it, callers first."""
        pending = [self]
        while pending:
            one = pending.pop()
            yield one
            pending += reversed(one.children.values())


def source_of(call: Written) -> tuple[str | None, Location]:
    """Return what a call gives as its source, None where that is no plain text, and where it is written."""
    attribute = call.attribute("source")
    if attribute is None:
        return None, call.header
    return plain_text(attribute.expression), Location(call.path_of("source"), attribute.expression.span)


def plain_text(expression: Expression) -> str | None:
    """Return the text that an expression is without evaluating it, None where it is something else."""
    if isinstance(expression, Literal) and isinstance(expression.value, str):
        return expression.value
    if isinstance(expression, Template) and len(expression.parts) == 1:
        part = expression.parts[0]
        return part.value if isinstance(part, Literal) and isinstance(part.value, str) else None
    return None


def is_local(source: str) -> bool:
    """Tell whether a module source is a path and not an address."""
    return source.startswith(("./", "../", ".\\", "..\\")) or source in (".", "..")


def local_directory(directory: str, source: str) -> str | None:
    """Return the directory that a local source leads to from `directory`, None where that is outside the tree."""
    path = posixpath.normpath(posixpath.join(directory, source.replace("\\", "/").replace("//", "/")))
    if path == "..":
        return None
    return None if path.startswith("../") else "" if path == "." else path


def grow(sources: Sources, directory: str, module: Module | None = None) -> Branch | None:
    """Return the tree of module calls below a directory, None where the directory has no configuration.

    `module` stands in place of what the directory declares by itself.
    """
    module = module or sources.module(directory)
    if module is None:
        return None
    root = Branch((), module)
    downloaded = _downloaded(sources, directory)
    pending = [root]
    count = 0
    while pending:
        branch = pending.pop()
        for name, call in branch.module.calls.items():
            count += 1
            child = _child(sources, branch, name, call, downloaded, count)
            if child is not None:
                branch.children[name] = child
                pending.append(child)
    return root


def _child(
    sources: Sources, branch: Branch, name: str, call: Written, downloaded: Mapping[str, str], count: int
) -> Branch | None:
    source, place = source_of(call)
    if source is None:
        if call.attribute("source") is not None:
            message = "a module's source must be plain text: no variables, functions or references"
            branch.problems.append(Problem("module", message, place))
        branch.missing[name] = Unknown(f'module "{name}" has no source that can be read', place)
        return None
    directory: str | None
    if not is_local(source):
        directory = downloaded.get(".".join((*branch.names, name))) or _elsewhere(sources, branch, name, source, call)
        if name in branch.missing:
            return None
    else:
        directory = local_directory(branch.module.path, source)
        if directory is None:
            branch.missing[name] = Unknown(
                f'module "{name}" lies outside the directory that is checked: {source}', place
            )
            branch.problems.append(Problem("module", branch.missing[name].reason, place, blocking=False))
            return None
    if directory is None:
        branch.missing[name] = Unknown(_not_downloaded(name, source, call), call.header)
        return None
    module = sources.module(directory)
    if module is None:
        message = f"there is no configuration in {directory or 'the root directory'}: {source}"
        branch.problems.append(Problem("module", message, place))
        branch.missing[name] = Unknown(f'module "{name}" does not exist: {source}', place)
        return None
    problem = _endless(branch, name, directory, place) or _too_many(branch, place, count)
    if problem is not None:
        branch.problems.append(problem)
        branch.missing[name] = Unknown(problem.message, place)
        return None
    return Branch((*branch.names, name), module, branch, call)


def _elsewhere(sources: Sources, branch: Branch, name: str, source: str, call: Written) -> str | None:
    """Return the directory of a module that is downloaded now, None where that is not wanted or not possible."""
    version = call.attribute("version")
    try:
        return sources.downloaded(source, (plain_text(version.expression) or "") if version is not None else "")
    except ReadError as error:
        message = f'module "{name}" cannot be downloaded: {error}'
        branch.missing[name] = Unknown(message, call.header)
        branch.problems.append(Problem("module", message, call.header, blocking=False))
        return None


def _not_downloaded(name: str, source: str, call: Written) -> str:
    version = call.attribute("version")
    text = plain_text(version.expression) if version is not None else None
    return f'module "{name}" is not downloaded: {source}' + (f" {text}" if text else "")


def _endless(branch: Branch, name: str, directory: str, place: Location) -> Problem | None:
    names = [name]
    above: Branch | None = branch
    while above is not None:
        if above.module.path == directory:
            chain = " -> ".join(reversed([*names, directory or "the root"]))
            return Problem("module", f"a module cannot call itself: {chain}", place)
        names.append(above.names[-1] if above.names else "")
        above = above.parent
    return None


def _too_many(branch: Branch, place: Location, count: int) -> Problem | None:
    if len(branch.names) < DEEPEST and count < MOST:
        return None
    limit = f"{DEEPEST} levels deep" if len(branch.names) >= DEEPEST else f"{MOST} calls"
    return Problem("too-large", f"guard follows module calls no further than {limit}", place)


def _downloaded(sources: Sources, root: str) -> dict[str, str]:
    """Return the directories of downloaded modules by the names of their calls, as `terraform init` writes them."""
    path = posixpath.join(root, ".terraform/modules/modules.json")
    if not sources.tree.exists(path):
        return {}
    try:
        manifest = json.loads(sources.tree.read(path))
        entries = manifest["Modules"]
        found = {str(entry["Key"]): local_directory(root, str(entry["Dir"])) for entry in entries}
    except (ReadError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {key: directory for key, directory in found.items() if key and directory is not None}

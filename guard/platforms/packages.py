"""Helm charts and kustomizations: rendered where a program for it is there, else told as not judged, once for each."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from guard.model.document import Document, ReadError, Renderer, Rendering, Tree
from guard.model.finding import Problem
from guard.model.location import whole_file
from guard.model.node import Node
from guard.model.value import Known

if TYPE_CHECKING:
    from guard.platforms import _kustomize

_CHART = "Chart.yaml"
_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
TEMPLATE = "template"


class Unpacked(NamedTuple):
    """A tree's documents with those of its packages: what makes a package is left out, what it makes is in."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Packages:
    """What is known of the packages of a tree while they are gone through."""

    tree: Tree
    renderer: Callable[[], Renderer] | None
    documents: Sequence[Document]
    paths: tuple[str, ...]
    made: list[Document]
    problems: list[Problem]
    hidden: set[str]
    # Files of which single templates are not told, because their package is.
    told: set[str]
    programs: Renderer | None = None


def unpacked(
    tree: Tree, documents: Sequence[Document], renderer: Callable[[], Renderer] | None, wanted: Callable[[str], bool]
) -> Unpacked:
    """Return the documents with the packages of `tree` rendered; those in which no file is `wanted` stay as they are.

    `renderer` makes what renders them, once one is met; a kustomization that changes no fact is not built. Without a
    renderer, or where it fails, one problem for each package says what is not judged; then the patches of a
    kustomization, which are parts of objects, are left out, and the values of a chart are read as they are.
    """
    paths = tree.paths()
    names = {path.rpartition("/")[2] for path in paths}
    if _CHART not in names and not names & _KUSTOMIZATIONS:
        return Unpacked(tuple(documents), ())
    packages = _Packages(tree, renderer, documents, paths, [], [], set(), set())
    _charts(packages, wanted)
    _kustomizations(packages, wanted)
    kept = [_quiet(one, packages.told) for one in documents if one.path not in packages.hidden]
    return Unpacked((*kept, *packages.made), tuple(packages.problems))


def _quiet(document: Document, told: set[str]) -> Document:
    if document.path not in told or not document.problems:
        return document
    return replace(document, problems=tuple(one for one in document.problems if one.code != TEMPLATE))


def _below(paths: Sequence[str], directory: str) -> Sequence[str]:
    """Return the sorted paths that lie in a directory; "" is the root."""
    if not directory:
        return paths
    # "0" is what follows "/".
    return paths[bisect_left(paths, f"{directory}/") : bisect_left(paths, f"{directory}0")]


def _charts(packages: _Packages, wanted: Callable[[str], bool]) -> None:
    homes = sorted(posixpath.dirname(path) for path in packages.paths if path.rpartition("/")[2] == _CHART)
    outermost = [one for one in homes if not any(_is_dependency(one, other) for other in homes)]
    for home in outermost:
        files = _below(packages.paths, home)
        templates = [path for path in files if "/templates/" in f"/{path.removeprefix(home)}"]
        if templates and any(map(wanted, files)):
            _chart(packages, home, files, templates)


def _is_dependency(directory: str, other: str) -> bool:
    return directory.startswith(f"{other}/charts/" if other else "charts/")


def _chart(packages: _Packages, home: str, files: Sequence[str], templates: Sequence[str]) -> None:
    place = f"{home}/{_CHART}".lstrip("/")
    packages.told |= set(files)
    about = _only(packages.tree, place)
    kind = about.text("type") if about is not None else None
    if isinstance(kind, Known) and kind.value == "library":
        return
    answer = _answer(packages, lambda renderer: renderer.chart(home, files))
    if answer.text is None:
        # What a chart's own directories hold beside its templates is judged as any other file.
        message = f"the chart {home or '.'} is not judged: {answer.reason}; its values are read for well-known keys"
        packages.problems.append(_advisory(message, place))
        return
    packages.hidden |= {*templates, *(f"{home}/{name}".lstrip("/") for name in ("values.yaml", "values.yml"))}
    packages.hidden |= {path for path in files if "/crds/" in path.removeprefix(home)}
    packages.made += _of_chart(packages, home, answer.text)


def _answer(packages: _Packages, ask: Callable[[Renderer], Rendering]) -> Rendering:
    if packages.renderer is None:
        return Rendering(None, "rendering is turned off")
    if packages.programs is None:
        packages.programs = packages.renderer()
    return ask(packages.programs)


def _advisory(message: str, path: str) -> Problem:
    return Problem(TEMPLATE, message, whole_file(path), blocking=False, advisory=True)


def _only(tree: Tree, path: str) -> Node | None:
    from guard.platforms._kustomize import parsed

    roots = parsed(tree, path).roots
    return roots[0] if roots else None


def _of_chart(packages: _Packages, home: str, output: str) -> Iterator[Document]:
    from guard.formats.yaml import parse_pieces
    from guard.platforms._helm import Chart, rendered

    def text_of(path: str) -> str | None:
        try:
            return packages.tree.read(path).decode("utf-8", "replace")
        except ReadError:
            return None

    values = f"{home}/values.yaml".lstrip("/")
    text = text_of(values) if packages.tree.exists(values) else None
    chart = Chart(home, values, tuple((text or "").split("\n")), _only(packages.tree, values) if text else None)
    for one in rendered(chart, output, text_of):
        yield replace(parse_pieces(one.path, one.pieces), path=one.path, text="", problems=())


def _kustomizations(packages: _Packages, wanted: Callable[[str], bool]) -> None:
    places = {posixpath.dirname(path): path for path in packages.paths if path.rpartition("/")[2] in _KUSTOMIZATIONS}
    if not places:
        return
    from guard.platforms import _kustomize

    every = _kustomize.Kustomizations(packages.tree, places, packages.documents)
    for directory in every.tops():
        one = every.read(directory)
        if not one.changes:
            continue
        below = (_below(packages.paths, inner) for inner in one.directories)
        files = sorted({*(path for paths in below for path in paths), *one.resources, *one.patches})
        if any(map(wanted, files)):
            _kustomization(packages, every, one, files)


def _kustomization(
    packages: _Packages, every: _kustomize.Kustomizations, one: _kustomize.Kustomization, files: Sequence[str]
) -> None:
    answer = Rendering(None, one.missing)
    if not one.missing:
        answer = _answer(packages, lambda renderer: renderer.kustomization(one.directory, files))
    packages.hidden |= set(one.patches)
    if answer.text is None:
        if one.inline or one.missing:
            message = f"the kustomization {one.directory or '.'} is not built: {answer.reason}"
            patched = "; its resources are judged without its patches" if one.inline else ""
            packages.problems.append(_advisory(message + patched, one.path))
        return
    packages.hidden |= set(one.resources)
    packages.made.append(_of_kustomization(every, one, answer.text))


def _of_kustomization(every: _kustomize.Kustomizations, one: _kustomize.Kustomization, output: str) -> Document:
    from guard.formats.yaml import parse
    from guard.platforms import _kustomize

    objects = tuple(root for path in one.resources for root in every.document(path).roots)
    built = parse(one.path, output).roots
    place = whole_file(one.path)
    roots = tuple(_kustomize.relocated(each, _kustomize.sources(one, objects, each), place) for each in built)
    return Document(one.path, "", roots)

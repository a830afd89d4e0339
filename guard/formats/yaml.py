"""YAML 1.1 as Kubernetes reads it: every document of a file, composed by libyaml and turned into nodes lazily."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import yaml
from yaml._yaml import CParser
from yaml.nodes import Node as Composed
from yaml.nodes import ScalarNode
from yaml.reader import ReaderError

from guard.formats._positions import Source, clean
from guard.formats._yaml_bounds import MAX_DEPTH, explosion, survey, too_deep
from guard.formats._yaml_definitions import without_definitions
from guard.formats._yaml_nodes import PLAIN, QUOTED, Place, node_of
from guard.formats._yaml_pieces import Pieces
from guard.model.document import Document, Format
from guard.model.finding import Problem
from guard.model.instance import Piece
from guard.model.location import FIRST_CHARACTER, Location, Step
from guard.model.node import Node

_MAX_RESUMPTIONS = 20
_MAX_PROBLEMS = 20
_NOT_UTF8 = "the file is not UTF-8; save it in that encoding"
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_DOCUMENT = re.compile(r"^---(?=\s|\Z)", re.MULTILINE)
_UNFILLED = re.compile(r"\{\{|\{%|%\{")


class _Composer(CParser):
    """Composes nodes; what plain scalars mean is found out only for those that somebody asks for."""

    def resolve(self, _kind: type, _value: object, implicit: object) -> str:
        return PLAIN if isinstance(implicit, tuple) and implicit[0] else QUOTED

    def descend_resolver(self, _parent: object, _index: object) -> None:
        """Do nothing: nothing here depends on the path of a node."""

    def ascend_resolver(self) -> None:
        """Do nothing, as above."""


def parse(path: str, text: str) -> Document:
    """Return one root for each document that is not empty.

    A broken document is a problem and the others stay; definitions of custom resources are left out. A file that is
    a template for YAML (Helm, Jinja) and cannot be read before it is filled in has no roots and one problem,
    `template`, that blocks nothing.
    """
    return _parse(text, Place(path, text))


def parse_embedded(document: Document, node: Node) -> Document:
    """Return the YAML that a text of `document` holds, with positions in the file where it is a literal block (`|`).

    For other texts, in which lines are folded or escaped, every location is that of the text itself.
    """
    if not isinstance(node.value, str):
        return Document(document.path, "")
    text, location = node.value, node.location
    indent = _indent(document, node)
    if indent is not None:
        return _parse(text, Place(location.path, text, lines=location.line, columns=indent))
    found = _parse(text, Place(location.path, text))
    problems = tuple(Problem(each.code, each.message, location, each.blocking) for each in found.problems)
    return Document(found.path, text, tuple(_placed(root, location, None) for root in found.roots), problems)


def parse_pieces(path: str, pieces: Sequence[Piece]) -> Document:
    """Return the YAML that pieces of text make together, each value at the place where it is written.

    What lies in a piece that is not known is unknown; where that leaves no YAML, there are no roots and a problem.
    """
    joined = Pieces(pieces)
    return _parse(joined.text, Place(path, joined.text, source=joined, gaps=joined.gaps))


def _indent(document: Document, node: Node) -> int | None:
    """Return how far a literal block is indented; None for other kinds of text."""
    lines = document.text.split("\n")
    line, column = node.location.line, node.location.column
    if document.text.startswith("\ufeff"):
        lines[0] = lines[0][1:]
    if line > len(lines) or lines[line - 1][column - 1 : column] != "|" or _OTHER_BREAKS.search(document.text):
        return None
    assert isinstance(node.value, str)
    for written, read in zip(lines[line:], node.value.split("\n"), strict=False):
        if read.strip():
            return len(written.rstrip("\r")) - len(read)
    return None


def _placed(node: Node, location: Location, key: Location | None) -> Node:
    value = node.value
    if isinstance(value, dict) or hasattr(value, "items"):
        members = {name: _placed(child, location, location) for name, child in node.fields().items()}
        return Node(members, location, key)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return Node(value, location, key)
    return Node(tuple(_placed(child, location, None) for child in node.items()), location, key)


def _parse(text: str, place: Place) -> Document:
    whole = text
    cleaned = clean(text)
    problems: list[Problem] = []
    roots: list[Node] = []
    if cleaned != text:
        problems.append(Problem("syntax", _NOT_UTF8, Source(place.path, text).broken()))
        text = cleaned
    mark = 1 if text.startswith("\ufeff") else 0
    text = without_definitions(text[mark:])
    place.text = text
    if (
        place.source is None
        and not place.lines
        and not (text.isascii() and "\r" not in text)
        and _OTHER_BREAKS.search(text)
    ):
        place.source = Source(place.path, text)
    deep = too_deep(text)
    if deep is not None:
        message = f"nested too deeply: more than {MAX_DEPTH} levels"
        problems.append(Problem("syntax", message, place.point(*deep)))
        return Document(place.path, whole, (), tuple(problems))
    for _ in range(_MAX_RESUMPTIONS):
        resume = _documents(text, place, roots, problems)
        if resume is None:
            break
        place = resume
    return Document(place.path, whole, *_told(text, place, roots, problems))


def _told(
    text: str, place: Place, roots: list[Node], problems: list[Problem]
) -> tuple[tuple[Node, ...], tuple[Problem, ...]]:
    """Return what was read; a template that is not filled in is not a broken file."""
    broken = [problem for problem in problems if problem.code == "syntax"]
    if broken and _UNFILLED.search(text):
        message = "this is a template; fill it in first (for a Helm chart: helm template) and check what comes out"
        return (), (Problem("template", message, broken[0].location, blocking=False),)
    return tuple(roots), tuple(problems[:_MAX_PROBLEMS])


def _documents(text: str, place: Place, roots: list[Node], problems: list[Problem]) -> Place | None:
    """Read documents from the place on; where one is broken, return the place of the next, or None at the end."""
    try:
        parser = _Composer(text[place.offset :] if place.offset else text)
        while parser.check_node():
            composed = parser.get_node()
            assert composed is not None
            _add(composed, place, roots, problems)
    except yaml.MarkedYAMLError as error:
        problems.append(_broken(error, place))
        mark = error.problem_mark or error.context_mark
        return _next_document(text, place, mark.index if mark else 0)
    except ReaderError as error:
        part = text[place.offset :].encode()[: error.position].decode(errors="ignore")
        source = Source(place.path, text)
        problems.append(_problem("a control character may not stand here; remove it", source, place.offset + len(part)))
    except (yaml.YAMLError, RecursionError):
        problems.append(Problem("syntax", "this cannot be read as YAML", Location(place.path, FIRST_CHARACTER)))
    return None


def _next_document(text: str, place: Place, index: int) -> Place | None:
    start = text.rfind("\n", 0, place.offset + index) + 1
    match = _DOCUMENT.search(text, max(start, place.offset + 1))
    if match is None:
        return None
    lines = place.lines + text.count("\n", place.offset, match.start())
    return replace(place, text=text, lines=lines, offset=match.start())


def _add(composed: Composed, place: Place, roots: list[Node], problems: list[Problem]) -> None:
    if isinstance(composed, ScalarNode) and composed.tag is PLAIN and not composed.value:
        return
    found = survey(composed)
    reason = explosion(composed) if found.shared else None
    if reason is not None:
        problems.append(Problem("syntax", f"this document cannot be read: {reason}", _at(composed.start_mark, place)))
        return
    for key, first in found.doubled:
        place_of_first = place.location(first)
        message = f'"{key.value}" is already set on line {place_of_first.line}; the last one counts'
        related = (Step("first set here", place_of_first),)
        problems.append(Problem("duplicate-key", message, place.location(key), blocking=False, related=related))
    roots.append(node_of(composed, place))


_MEANINGS = {
    "found unexpected end of stream": "is never closed",
    "found unexpected document indicator": "is never closed before the next document",
    "did not find expected ',' or ']'": 'needs a comma between its elements and "]" at its end',
    "did not find expected ',' or '}'": 'needs a comma between its members and "}" at its end',
}
_CONTEXTS = {
    "while scanning a quoted scalar": "this text in quotes",
    "while parsing a flow sequence": "this list",
    "while parsing a flow mapping": "this mapping",
}
_PROBLEMS = {
    "mapping values are not allowed in this context": "a colon may not stand here; put the text in quotes",
    "found undefined alias": "no anchor of this name stands above; for text that begins with * use quotes",
    "found character that cannot start any token": "a value may not begin with this character; use quotes, "
    "and spaces in place of tabs",
    "could not find expected ':'": 'this key needs a colon and a value ("key: value")',
    "did not find expected key": "a key is expected here; look at the indentation and the quotes",
    "did not find expected '-' indicator": "an element of the list (- ...) is expected here; look at the indentation",
}


def _broken(error: yaml.MarkedYAMLError, place: Place) -> Problem:
    """Return the problem where one must look: where an unclosed text begins, else where libyaml stopped."""
    context = _CONTEXTS.get(error.context or "")
    meaning = _MEANINGS.get(error.problem or "")
    stopped = error.problem_mark or error.context_mark
    if context and meaning and error.context_mark and stopped:
        related = (Step("noticed here", _at(stopped, place)),)
        return Problem("syntax", f"{context} {meaning}", _at(error.context_mark, place), related=related)
    message = _PROBLEMS.get(error.problem or "", error.problem or "this cannot be read as YAML")
    return Problem("syntax", message, _at(stopped, place) if stopped else Location(place.path, FIRST_CHARACTER))


def _at(mark: yaml.Mark, place: Place) -> Location:
    return place.point(mark.index, mark.line, mark.column)


def _problem(message: str, source: Source, at: int) -> Problem:
    return Problem("syntax", message, source.location(at, at + 1))


FORMAT = Format("yaml", (".yaml", ".yml", "MLmodel"), parse)

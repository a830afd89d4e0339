"""Kustomizations: what they are made of, and what kustomize builds led back to the resources and patches it came from.

Source: the reference of the kustomization file at kubectl.docs.kubernetes.io.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from guard.formats.yaml import parse, parse_embedded
from guard.model.document import Document, ReadError, Tree
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Known

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_MADE_OF = ("resources", "bases", "components")
_REMOTE = ("://", "git@", "git::", "github.com/", "gitlab.com/", "bitbucket.org/", "?ref=")
# What changes neither what an object costs nor who pays for it.
_PLAIN = frozenset(
    {"apiVersion", "kind", "metadata", "resources", "bases", "namespace", "images", "configMapGenerator"}
    | {"secretGenerator", "generatorOptions", "namePrefix", "nameSuffix", "commonAnnotations", "configurations"}
    | {"crds", "openapi", "vars", "sortOptions", "buildMetadata"}
)
# The most of a kustomization and all that it is made of; a chain of bases is a handful long.
_MOST = 200
Step = str | int


@dataclass(frozen=True, slots=True)
class Kustomization:
    """A kustomization with all that it is made of: the directories of other ones, files of objects, and patches.

    `missing` says why it cannot be built: something is to be fetched, or is not there.
    """

    directory: str
    path: str
    nodes: tuple[Node, ...]
    directories: tuple[str, ...]
    resources: tuple[str, ...]
    patches: tuple[str, ...]
    inline: tuple[Node, ...]
    missing: str = ""

    @property
    def changes(self) -> bool:
        """Tell whether it deploys something else than its resources as they are written.

        A component is part of others, and alone it deploys nothing.
        """
        if not self.nodes or _text(self.nodes[0], "kind") == "Component":
            return False
        return any(name not in _PLAIN for node in self.nodes for name in node.fields())


@dataclass(slots=True)
class _Direct:
    """What one kustomization file itself names."""

    nodes: list[Node] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    patches: list[str] = field(default_factory=list)
    inline: list[Node] = field(default_factory=list)
    missing: str = ""


class Kustomizations:
    """All kustomizations of a tree: `places` maps the directory of each to its file. Each file is read once, and those
    that are `documents` already not again."""

    def __init__(self, tree: Tree, places: Mapping[str, str], documents: Sequence[Document]) -> None:
        self._tree = tree
        self._places = places
        self._documents = {one.path: one for one in documents if one.roots}
        self._direct: dict[str, _Direct] = {}

    def tops(self) -> tuple[str, ...]:
        """Return the directories of those that no other one is made of."""
        directories = sorted(self._places)
        bases = {inner for one in directories for inner in self._of(one).directories if inner != one}
        return tuple(one for one in directories if one not in bases)

    def read(self, directory: str) -> Kustomization:
        """Return the kustomization in a directory with all that it is made of."""
        found: dict[str, _Direct] = {}
        pending = [directory]
        while pending and len(found) < _MOST:
            one = pending.pop(0)
            if one not in found:
                found[one] = self._of(one)
                pending += found[one].directories
        every = list(found.values())
        return Kustomization(
            directory,
            self._places[directory],
            tuple(node for one in every for node in one.nodes),
            tuple(found),
            tuple(dict.fromkeys(path for one in every for path in one.resources)),
            tuple(dict.fromkeys(path for one in every for path in one.patches)),
            tuple(node for one in every for node in one.inline),
            next((one.missing for one in every if one.missing), ""),
        )

    def document(self, path: str) -> Document:
        """Return a file of the tree as YAML; one that cannot be read has no roots."""
        found = self._documents.get(path)
        if found is None:
            found = self._documents[path] = parsed(self._tree, path)
        return found

    def _of(self, directory: str) -> _Direct:
        found = self._direct.get(directory)
        if found is None:
            found = self._direct[directory] = _Direct()
            document = self.document(self._places[directory])
            for node in document.roots[:1]:
                found.nodes.append(node)
                self._take_patches(found, document, node, directory)
                if node.get("helmCharts") is not None or node.get("helmChartInflationGenerator") is not None:
                    found.missing = "it takes charts by helmCharts"
                for name in _MADE_OF:
                    for entry in node.items(name):
                        self._take(found, entry, directory)
        return found

    def _take(self, into: _Direct, entry: Node, directory: str) -> None:
        text = entry.text()
        if not isinstance(text, Known):
            return
        path = _joined(directory, text.value)
        if path is not None and path in self._places:
            into.directories.append(path)
        elif path is not None and self._tree.exists(path):
            into.resources.append(path)
        else:
            remote = any(one in text.value for one in _REMOTE)
            reason = "is elsewhere, and guard fetches nothing" if remote else "is not there"
            into.missing = into.missing or f"{text.value} {reason}"

    def _take_patches(self, into: _Direct, document: Document, node: Node, directory: str) -> None:
        for patch in (*node.items("patches"), *node.items("patchesJson6902")):
            written = patch.get("path") or patch.get("patch")
            if written is None:
                continue
            before = len(into.inline)
            self._take_patch(into, document, written, directory)
            target = patch.get("target")
            if target is not None:
                into.inline[before:] = [_aimed(one, target) for one in into.inline[before:]]
        for entry in node.items("patchesStrategicMerge"):
            self._take_patch(into, document, entry, directory)

    def _take_patch(self, into: _Direct, document: Document, written: Node, directory: str) -> None:
        text = written.text()
        if not isinstance(text, Known):
            return
        path = _joined(directory, text.value) if "\n" not in text.value else None
        if path is not None and self._tree.exists(path):
            into.patches.append(path)
            into.inline += self.document(path).roots
        else:
            into.inline += parse_embedded(document, written).roots


def parsed(tree: Tree, path: str) -> Document:
    """Return a file of the tree as YAML; one that cannot be read has no roots."""
    try:
        text = tree.read(path).decode("utf-8", "surrogateescape")
    except ReadError:
        return Document(path, "")
    return parse(path, text)


def _joined(directory: str, entry: str) -> str | None:
    if entry.startswith("/") or "\0" in entry or any(one in entry for one in ("://", "git@")):
        return None
    path = posixpath.normpath(posixpath.join(directory, entry))
    return None if path.startswith("..") else "" if path == "." else path


def _aimed(patch: Node, target: Node) -> Node:
    """Return a patch as a part of the object that it is aimed at: operations become the fields that they set."""
    made = _of_operations(patch) if is_sequence(patch.value) else patch
    if not isinstance(made.value, Mapping):
        return made
    kind, name = target.get("kind"), target.get("name")
    members = dict(made.value)
    if kind is not None:
        members.setdefault("kind", kind)
    if name is not None and "metadata" not in members:
        members["metadata"] = Node({"name": name}, name.location)
    return replace(made, value=members)


def _of_operations(patch: Node) -> Node:
    """Return the fields that operations of JSON Patch set, each at its operation's value."""
    tree: dict[str, Node] = {}
    for operation in patch.items():
        path, value = operation.text("path"), operation.get("value")
        if isinstance(path, Known) and value is not None:
            steps = [one.replace("~1", "/").replace("~0", "~") for one in path.value.split("/")[1:] if one]
            _set(tree, steps[:50], value, operation.location)
    return Node(tree, patch.location)


def _set(tree: dict[str, Node], steps: Sequence[str], value: Node, place: Location) -> None:
    for step in steps[:-1]:
        inner = tree.get(step)
        if inner is None or not isinstance(inner.value, dict):
            inner = tree[step] = Node({}, place)
        assert isinstance(inner.value, dict)
        tree = inner.value
    if steps:
        tree[steps[-1]] = value


def sources(kustomization: Kustomization, objects: Sequence[Node], built: Node) -> tuple[Node, ...]:
    """Return the patches and objects that an object was built from, what counts most first."""
    kind, name = _text(built, "kind"), _text(built, "metadata", "name")
    fits = [one for one in objects if _text(one, "kind") == kind and _text(one, "metadata", "name") in name]
    # With a prefix or suffix of names, the longest name that the built one holds is its own.
    longest = max((_text(one, "metadata", "name") for one in fits), key=len, default="")
    originals = [one for one in fits if _text(one, "metadata", "name") == longest]
    patches = [
        one
        for one in reversed(kustomization.inline)
        if _text(one, "kind") in ("", kind) and _text(one, "metadata", "name") in ("", longest)
    ]
    own = [part for node in kustomization.nodes for part in _settings(node, longest)]
    return (*patches, *originals, *own, *_names(originals, name))


def _names(originals: Sequence[Node], name: str) -> Iterator[Node]:
    """Yield the name of an original as it is built, with its prefix and suffix."""
    for one in originals[:1]:
        written = one.get("metadata", "name")
        if written is not None:
            named = Node({"name": Node(name, written.location)}, written.location)
            yield Node({"metadata": named}, one.location)


def _settings(node: Node, name: str) -> Iterator[Node]:
    """Yield what fields of a kustomization itself set in an object."""
    for entry in node.items("replicas"):
        count = entry.get("count")
        if count is not None and _text(entry, "name") == name:
            yield Node({"spec": Node({"replicas": count}, count.location)}, entry.location)
    pairs = [node.get("commonLabels"), *(entry.get("pairs") for entry in node.items("labels"))]
    for labels in pairs:
        if labels is not None:
            metadata = Node({"labels": labels}, labels.location)
            template = Node({"metadata": metadata}, labels.location)
            spec = Node({"template": template}, labels.location)
            yield Node({"metadata": metadata, "spec": spec}, labels.location)


def relocated(built: Node, origins: Sequence[Node], fallback: Location) -> Node:
    """Return a built object with each value at the origin that says the same, else where its parent stands."""
    value = built.value
    if isinstance(value, Mapping):
        held = [one for one in origins if isinstance(one.value, Mapping)]
        place = held[0].location if held else fallback
        members = {
            name: relocated(child, [part for one in held if (part := _member(one, name)) is not None], place)
            for name, child in value.items()
        }
        return _at(Node(members, place), held, built)
    if is_sequence(value):
        held = [one for one in origins if is_sequence(one.value) or isinstance(one.value, Mapping)]
        place = held[0].location if held else fallback
        elements = tuple(
            relocated(child, [found for one in held if (found := _element(one, child, number)) is not None], place)
            for number, child in enumerate(value)
        )
        return _at(Node(elements, place), held, built)
    same = [one for one in origins if _same(one, built)]
    return _at(Node(value, same[0].location if same else fallback), same, built)


def _member(node: Node, name: str) -> Node | None:
    return node.value.get(name) if isinstance(node.value, Mapping) else None


def _at(node: Node, origins: Sequence[Node], built: Node) -> Node:
    if built.key is None:
        return node
    key = next((one.key for one in origins if one.key is not None), None)
    return replace(node, key=key or node.location)


def _element(origin: Node, child: Node, number: int) -> Node | None:
    """Return the element of a list that `child` was built from: that of its name, else that in its place."""
    if isinstance(origin.value, Mapping):
        return origin.value.get(str(number))
    name = _text(child, "name")
    elements = origin.items()
    if name:
        return next((one for one in elements if _text(one, "name") == name), None)
    return elements[number] if number < len(elements) else None


def _same(origin: Node, built: Node) -> bool:
    left, right = origin.text(), built.text()
    return isinstance(left, Known) and isinstance(right, Known) and left.value == right.value


def _text(node: Node, *path: Step) -> str:
    found = node.text(*path)
    return found.value if isinstance(found, Known) else ""

"""Kubernetes objects: what they are called, what stands beside them, and how readers of kinds become a platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from typing import TypeVar, cast

from guard.model.finding import Problem
from guard.model.instance import Instance, Item
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, DataLink, Label, Labels, Purpose, Resource, Serving, Storage, Training
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._terraform_manifests import declared

T = TypeVar("T")
Kind = tuple[str, str]
# A List in a List in a List is no use to anybody.
_LIST_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the reader of a kind found in an object. `templates` are the pod templates whose labels take effect."""

    compute: tuple[Compute, ...] = ()
    storage: tuple[Storage, ...] = ()
    data: tuple[DataLink, ...] = ()
    serving: Serving | None = None
    training: Training | None = None
    templates: tuple[Node, ...] = ()
    purpose: Purpose = Purpose.UNKNOWN
    evidence: str = ""
    unpriced: str = ""
    extra_labels: Mapping[str, Label] | None = None


Reader = Callable[[Node, Surroundings], Draft | None]


def platform(name: str, readers: Mapping[Kind, Reader], order: int = 50) -> Platform:
    """Return the platform that reads these kinds, each given as API group and kind."""

    def claims(source: Source) -> bool:
        node = manifest(source)
        return node is not None and kind_of_object(node) in readers

    def resources(source: Source, around: Surroundings) -> Iterator[Resource | Problem]:
        node = manifest(source)
        reader = readers.get(kind_of_object(node) or ("", "")) if node is not None else None
        draft = reader(node, around) if reader is not None and node is not None else None
        if node is not None and draft is not None:
            yield resource(name, node, source, _queued(node, draft, around))

    return Platform(name, claims, resources, order)


def _queued(node: Node, draft: Draft, around: Surroundings) -> Draft:
    if not node.get("metadata", "labels", "kueue.x-k8s.io/queue-name"):
        return draft
    # What tells of queues looks for objects, and so needs this module.
    from guard.platforms._kueue import queued

    return replace(draft, compute=queued(node, draft.compute, around))


def manifest(source: Source) -> Node | None:
    """Return the Kubernetes object that a source is: a document's item, or what an instance of Terraform declares."""
    return source.node if isinstance(source, Item) else declared(source)


def kind_of_object(node: Node) -> Kind | None:
    """Return API group ("" for the core one) and kind, None where the node is no Kubernetes object."""
    # Every platform asks it of the same node, one after another.
    if _LAST.node is not node:
        _LAST.kind = _kind_of(node)
        _LAST.node = node
    return _LAST.kind


@dataclass(slots=True)
class _Asked:
    node: Node | None = None
    kind: Kind | None = None


_LAST = _Asked()


def _kind_of(node: Node) -> Kind | None:
    if not isinstance(node.value, Mapping):
        return None
    version, kind = node.value.get("apiVersion"), node.value.get("kind")
    if version is None or kind is None or not isinstance(version.value, str) or not isinstance(kind.value, str):
        return None
    return version.value.rpartition("/")[0], kind.value


def resource(name: str, node: Node, source: Source, draft: Draft) -> Resource:
    """Return the resource of the platform `name` that a draft of this object makes."""
    instance = source if isinstance(source, Instance) else None
    labels = effective_labels(node, draft.templates)
    if draft.extra_labels:
        labels = replace(labels, entries={**draft.extra_labels, **labels.entries})
    return Resource(
        address=instance.address if instance else address(node),
        type=(kind_of_object(node) or ("", ""))[1],
        platform=name,
        origin="terraform" if instance else "kubernetes",
        location=instance.location if instance else place(node),
        labels=labels,
        region=_common([one.region for one in draft.compute], node),
        zone=_common([one.zone for one in draft.compute], node),
        body=instance.body if instance else node,
        calls=instance.calls if instance else (),
        purpose=draft.purpose,
        evidence=draft.evidence,
        compute=draft.compute,
        storage=draft.storage,
        data=draft.data,
        serving=draft.serving,
        training=draft.training,
        repeated=instance.repeated if instance else None,
        unpriced=draft.unpriced,
        other_zones=_together([one.other_zones for one in draft.compute]),
    )


def _together(zones: Sequence[tuple[Known[str], ...]]) -> tuple[Known[str], ...]:
    return tuple({zone.value: zone for each in zones for zone in each}.values())


def address(node: Node) -> str:
    """Return `Kind/name`, or `namespace/Kind/name` where a namespace is written."""
    kind = (kind_of_object(node) or ("", ""))[1]
    named = written(node, "metadata", "name") or written(node, "metadata", "generateName") or "unnamed"
    namespace = written(node, "metadata", "namespace")
    return f"{namespace}/{kind}/{named}" if namespace else f"{kind}/{named}"


def place(node: Node) -> Location:
    """Return where the object is named, else where its kind is written."""
    named = node.get("metadata", "name") or node.get("metadata", "generateName") or node.get("kind")
    return named.location if named else node.location


def written(node: Node, *path: str | int) -> str:
    """Return the text at `path`, "" where there is none that is known."""
    text = node.text(*path)
    return text.value if isinstance(text, Known) else ""


def effective_labels(node: Node, templates: Sequence[Node]) -> Labels:
    """Return the labels as cost tools read them: those of the pod template over those of the object."""
    holders = [(node, ("metadata", "labels"), "metadata")]
    holders += [(one, ("metadata", "labels"), "pod template") for one in reversed(templates)]
    entries: dict[str, Label] = {}
    unknown: list[Unknown] = []
    for holder, path, source in holders:
        found = holder.get(*path)
        if found is not None and isinstance(found.value, Unknown):
            unknown.append(found.value)
        for key, child in holder.fields(*path).items():
            entries[key] = Label(child.text(), source, child.key)
    first = templates[0] if templates else node
    where = first if first.get("metadata", "labels") or not node.get("metadata", "labels") else node
    path = ("metadata", "labels")
    entries = dict(sorted(entries.items()))
    return Labels(where.nearest(*path), entries, tuple(unknown), below=where.unwritten(*path))


def annotation(node: Node, key: str) -> Value[str]:
    """Return the annotation `key` of an object or pod template."""
    return node.text("metadata", "annotations", key)


class _Same:
    """What stands in a repository, as a key that is compared by identity: items and instances hold mappings."""

    __slots__ = ("around",)

    def __init__(self, around: Surroundings) -> None:
        self.around = around

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same) or other.around.items is not self.around.items:
            return False
        return other.around.instances is self.around.instances

    def __hash__(self) -> int:
        return hash((id(self.around.items), id(self.around.instances)))


_NO_INSTANCES: Mapping[str, Instance] = {}


def beside(around: Surroundings, *kinds: Kind) -> tuple[Node, ...]:
    """Return the objects of these kinds in the repository's documents, members of Lists included, and in its Terraform.

    To Terraform that is the same root, to a document all roots.
    """
    # Documents are the same to every root, so they are looked through once.
    written = derived(Surroundings(_NO_INSTANCES, around.items), _index)
    declared_there = derived(Surroundings(around.instances, ()), _declared_index)
    return tuple(node for kind in kinds for index in (written, declared_there) for node in index.get(kind, ()))


def derived(around: Surroundings, make: Callable[[Surroundings], T]) -> T:
    """Return what `make` draws from the items of a repository, which is made once and kept for the next caller."""
    return cast("T", _derived(_Same(around), make))


@lru_cache(maxsize=8)
def _derived(key: _Same, make: Callable[[Surroundings], object]) -> object:
    return make(key.around)


def _index(around: Surroundings) -> Mapping[Kind, tuple[Node, ...]]:
    found: defaultdict[Kind, list[Node]] = defaultdict(list)
    for item in around.items:
        for node in members(item.node):
            kind = kind_of_object(node)
            if kind is not None:
                found[kind].append(node)
    return {kind: tuple(nodes) for kind, nodes in found.items()}


def _declared_index(around: Surroundings) -> Mapping[Kind, tuple[Node, ...]]:
    found: defaultdict[Kind, list[Node]] = defaultdict(list)
    for instance in around.instances.values():
        node = declared(instance)
        kind = kind_of_object(node) if node is not None else None
        if node is not None and kind is not None:
            found[kind].append(node)
    return {kind: tuple(nodes) for kind, nodes in found.items()}


def is_list(node: Node) -> bool:
    """Tell whether the object is a List (`kind: List`, `DeploymentList`) of objects."""
    kind = kind_of_object(node)
    return kind is not None and kind[1].endswith("List") and is_sequence(getattr(node.get("items"), "value", None))


def members(node: Node, depth: int = _LIST_DEPTH) -> Iterator[Node]:
    """Yield the object itself or, for a List, what it lists."""
    if not is_list(node) or depth == 0:
        yield node
        return
    for one in node.items("items"):
        yield from members(one, depth - 1)


def named(around: Surroundings, name: str, *kinds: Kind, near: Location | None = None) -> Node | None:
    """Return the object of one of these kinds with this name, None where the repository has none or several.

    Of several the one that stands next to `near` counts: a repository may hold the same example in many versions.
    """
    found = [node for node in beside(around, *kinds) if written(node, "metadata", "name") == name]
    if len(found) > 1 and near is not None:
        found = nearest(found, near)
    return found[0] if len(found) == 1 else None


def nearest(nodes: Sequence[Node], place: Location) -> list[Node]:
    """Return those of the objects that share the most of their path with `place`: its file, else its directory."""
    here = place.path.split("/")

    def shared(node: Node) -> int:
        steps = zip(here, node.location.path.split("/"), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], steps))

    most = max(map(shared, nodes), default=0)
    return [node for node in nodes if shared(node) == most]


def _common(values: Sequence[Value[str]], node: Node) -> Value[str]:
    """Return the one place that all parts agree on; parts without any do not vote."""
    told = [one for one in values if not isinstance(one, Absent)]
    if not told:
        return values[0] if values else Absent(node.nearest("spec"))
    different = {one.value if isinstance(one, Known) else one.reason for one in told}
    if len(different) == 1:
        return told[0]
    return Unknown(f"one of {', '.join(sorted(different))}", told[0].location)

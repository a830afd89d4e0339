"""Which resources an attribute mentions, through locals, variables and outputs, whether or not its value is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from guard.terraform.evaluation import Evaluation
from guard.terraform.modules import Branch
from guard.terraform.references import Reference, subject_of
from guard.terraform.resources import ResourceInstance
from guard.terraform.statics import Mention

MOST_STEPS = 2000
Place = tuple[Branch, str, str]
"""A part of a module whose mentions are followed, and the one attribute of it that counts ("" for all)."""
_Key = tuple[tuple[str, ...], str, str]


class Links:
    """Follows mentions within one root."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._found: dict[_Key, tuple[str, ...]] = {}
        self._led: dict[_Key, tuple[tuple[str, ...], tuple[Place, ...]]] = {}

    def of(self, instance: ResourceInstance) -> Mapping[str, tuple[str, ...]]:
        """Return the addresses that each attribute and nested block of an instance mentions; found when asked for."""
        return _Lazy(self, instance.module.branch, instance.subject)

    def tops(self, branch: Branch, subject: str) -> tuple[str, ...]:
        """Return the attributes and nested blocks of a part that mention anything."""
        mentions = self._evaluation.statics_of(branch.module).of(subject)
        return tuple(dict.fromkeys(mention.top for mention in mentions))

    def reached(self, branch: Branch, subject: str, top: str) -> tuple[str, ...]:
        """Return the resources that one attribute leads to, without instance keys, in the order of the text."""
        key = (branch.names, subject, top)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(dict.fromkeys(self._walk(branch, subject, top)))
        return found

    def _walk(self, branch: Branch, subject: str, top: str) -> Iterator[str]:
        pending: list[Place] = [(branch, subject, top)]
        seen: set[_Key] = set()
        while pending and len(seen) < MOST_STEPS:
            place = pending.pop()
            key = (place[0].names, place[1], place[2])
            if key in seen:
                continue
            seen.add(key)
            found = self._led.get(key)
            if found is None:
                found = self._led[key] = self._leads(place)
            yield from found[0]
            pending += found[1]

    def _leads(self, place: Place) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """Return the resources that a place itself mentions, and the places to go on from, the first of them last."""
        onward: list[Place] = []
        targets = [found for mention in self._mentions(place) for found in self._target(place, mention, onward)]
        once = {(branch.names, subject, top): (branch, subject, top) for branch, subject, top in reversed(onward)}
        return tuple(dict.fromkeys(targets)), tuple(reversed(once.values()))

    def _mentions(self, place: Place) -> Iterator[Mention]:
        branch, subject, top = place
        return self._evaluation.statics_of(branch.module).of(subject, *((top,) if top else ()))

    def _target(self, place: Place, mention: Mention, pending: list[Place]) -> Iterator[str]:
        branch, subject, _ = place
        names = mention.reference.names
        root = names[0]
        if root in ("each", "count"):
            pending.append((branch, subject, "for_each" if root == "each" else "count"))
        elif root == "var" and len(names) > 1 and branch.parent is not None:
            pending.append((branch.parent, f"module.{branch.names[-1]}", names[1]))
        elif root == "local" and len(names) > 1:
            pending.append((branch, f"local.{names[1]}", ""))
        elif root == "module":
            self._through_module(branch, mention.reference, pending)
        else:
            target = subject_of(names[1:] if root == "resource" else names)
            if target in branch.module.resources:
                yield "".join(f"module.{name}." for name in branch.names) + target

    def _through_module(self, branch: Branch, reference: Reference, pending: list[Place]) -> None:
        child = branch.children.get(reference.names[1]) if len(reference.names) > 1 else None
        if child is not None:
            for name in reference.names[2:3] or tuple(child.module.outputs):
                pending.append((child, f"output.{name}", ""))


class _Lazy(Mapping[str, tuple[str, ...]]):
    __slots__ = ("_branch", "_links", "_subject")

    def __init__(self, links: Links, branch: Branch, subject: str) -> None:
        self._links = links
        self._branch = branch
        self._subject = subject

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self._links.tops(self._branch, self._subject):
            raise KeyError(name)
        return self._links.reached(self._branch, self._subject, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._links.tops(self._branch, self._subject))

    def __len__(self) -> int:
        return len(self._links.tops(self._branch, self._subject))

"""What each part of a module mentions, and so in which order parts can be evaluated, and where they go in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from guard.model.finding import Problem
from guard.model.location import Location
from guard.terraform.configuration import Module, Written
from guard.terraform.modules import Branch
from guard.terraform.references import Reference, body_attributes, references, subject_of

Lead: TypeAlias = tuple[str, tuple[str, ...]]
"""The part that a reference leads to; where that is a module call, also its name and the output, if one is named."""

Subject: TypeAlias = str
"""A part of a module in Terraform's notation: `var.a`, `local.b`, `output.c`, `module.m`, `aws_instance.d`."""

EXPANSION = ("count", "for_each", "depends_on")


@dataclass(frozen=True, slots=True)
class Mention:
    """A reference, the file it stands in, and the top-level attribute or nested block of its subject that holds it.

    `dynamic` tells that it stands in the content of a dynamic block.
    """

    reference: Reference
    path: str
    top: str
    dynamic: bool = False

    @property
    def location(self) -> Location:
        """Return where the reference is written."""
        return Location(self.path, self.reference.span)


class Statics:
    """The mentions of every part of one module, and what is wrong with them, found once for all calls of it."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.problems: tuple[Problem, ...] | None = None
        self.mentions: dict[Subject, tuple[Mention, ...]] = {}
        self._leads: dict[tuple[Subject, tuple[str, ...]], tuple[Lead, ...]] = {}
        for name in module.variables:
            self.mentions[f"var.{name}"] = ()
        for name, local in module.locals.items():
            found = references(local.attribute.expression)
            self.mentions[f"local.{name}"] = tuple(Mention(one, local.path, name) for one in found)
        for name, written in module.outputs.items():
            self.mentions[f"output.{name}"] = tuple(_of_block(written))
        for name, written in module.calls.items():
            self.mentions[f"module.{name}"] = tuple(_of_block(written, {"source", "version", "providers"}))
        for name, written in module.resources.items():
            self.mentions[name] = tuple(_of_block(written, {"provider"}))
        for name, written in module.providers.items():
            self.mentions[f"provider.{name}"] = tuple(_of_block(written))
        for name, written in module.checks.items():
            self.mentions[f"check.{name}"] = tuple(_of_block(written))

    def of(self, subject: Subject, *tops: str) -> Iterator[Mention]:
        """Yield the mentions of a part, only those of the attributes `tops` where any are given."""
        for mention in self.mentions.get(subject, ()):
            if not tops or mention.top in tops:
                yield mention

    def leads(self, subject: Subject, *tops: str) -> tuple[Lead, ...]:
        """Return where the mentions of a part lead, each place once, in the order of the text."""
        found = self._leads.get((subject, tops))
        if found is None:
            found = tuple(dict.fromkeys(lead_of(one.reference) for one in self.of(subject, *tops)))
            self._leads[subject, tops] = found
        return found


# Arguments whose names are not references to values.
_NAMES_ONLY = frozenset({"ignore_changes", "replace_triggered_by"})
# Arguments of provisioners that are bare words: `when = destroy`, `on_failure = continue`.
_WORDS = frozenset({"when", "on_failure"})


def _of_block(written: Written, without: Iterable[str] = ()) -> Iterator[Mention]:
    excluded = set(without)
    for attribute, bound, top in body_attributes(written.block.body):
        if top in excluded or attribute.name in _NAMES_ONLY or (top == "provisioner" and attribute.name in _WORDS):
            continue
        for reference in references(attribute.expression, bound):
            yield Mention(reference, written.path_of(top), top, bool(bound))


def lead_of(reference: Reference) -> Lead:
    """Return the part of its module that a reference leads to, and what of a called module."""
    subject = subject_of(reference.names)
    return subject, reference.names[1:3] if subject.startswith("module.") else ()


Part: TypeAlias = tuple[Branch, Subject]


class Graph:
    """The parts of a module tree and what each needs first."""

    def __init__(self, root: Branch, statics: Callable[[Module], Statics]) -> None:
        self.root = root
        self.statics = statics
        self.parts: list[Part] = []
        self._needs: dict[int, list[int]] = {}
        self._numbers: dict[tuple[str, ...], dict[Subject, int]] = {}
        for branch in root.walk():
            subjects = statics(branch.module).mentions
            self._numbers[branch.names] = {one: number for number, one in enumerate(subjects, len(self.parts))}
            self.parts += [(branch, subject) for subject in subjects]

    def groups(self) -> list[list[int]]:
        """Return the parts by number, those that need each other in one group, groups in the order of evaluation."""
        return strongly_connected(len(self.parts), self.needs)

    def needs(self, number: int) -> list[int]:
        """Return the parts which one part needs."""
        found = self._needs.get(number)
        if found is None:
            found = self._needs[number] = self._found_needs(number)
        return found

    def _found_needs(self, number: int) -> list[int]:
        branch, subject = self.parts[number]
        statics = self.statics(branch.module)
        found: list[int] = []
        parent = branch.parent
        if parent is not None:
            caller = f"module.{branch.names[-1]}"
            found.append(self._numbers[parent.names][caller])
            if subject.startswith("var."):
                found += self._followed(parent, self.statics(parent.module).leads(caller, subject.removeprefix("var.")))
        if subject.startswith("module."):
            found += self._followed(branch, statics.leads(subject, *EXPANSION))
        elif not subject.startswith("var."):
            found += self._followed(branch, statics.leads(subject))
        return found

    def targets(self, branch: Branch, reference: Reference) -> list[int]:
        """Return the parts that a reference in `branch` leads to."""
        return self._followed(branch, (lead_of(reference),))

    def _followed(self, branch: Branch, leads: Iterable[Lead]) -> list[int]:
        numbers = self._numbers[branch.names]
        found: list[int] = []
        for subject, called in leads:
            if subject in numbers:
                found.append(numbers[subject])
            child = branch.children.get(called[0]) if called else None
            if child is not None:
                outputs = self._numbers[child.names]
                subjects = [f"output.{name}" for name in called[1:] or child.module.outputs]
                found += [outputs[one] for one in subjects if one in outputs]
        return found


def strongly_connected(size: int, needs: Callable[[int], Sequence[int]]) -> list[list[int]]:
    """Return the strongly connected components of a graph, each after those it needs (Tarjan, without recursion)."""
    order = [0] * size
    low = [0] * size
    placed = [False] * size
    stack: list[int] = []
    groups: list[list[int]] = []
    counter = 0
    for start in range(size):
        if order[start]:
            continue
        counter += 1
        order[start] = low[start] = counter
        stack.append(start)
        work = [(start, iter(needs(start)))]
        while work:
            node, edges = work[-1]
            for target in edges:
                if not order[target]:
                    counter += 1
                    order[target] = low[target] = counter
                    stack.append(target)
                    work.append((target, iter(needs(target))))
                    break
                if not placed[target]:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    groups.append(_unwound(stack, node, placed))
    return groups


def _unwound(stack: list[int], node: int, placed: list[bool]) -> list[int]:
    group: list[int] = []
    while True:
        one = stack.pop()
        placed[one] = True
        group.append(one)
        if one == node:
            return group[::-1]


def name_of(part: Part) -> str:
    """Return a part's name from the root, as messages about cycles show it."""
    branch, subject = part
    return "".join(f"module.{name}." for name in branch.names) + subject


def cycle_in(graph: Graph, group: Sequence[int]) -> list[int]:
    """Return one cycle within a group of parts that need each other, from its first member and back to it."""
    members = set(group)
    start = min(group)
    came: Mapping[int, int] = _paths(graph, start, members)
    last = next(one for one in came if start in graph.needs(one))
    chain = [start, last]
    while chain[-1] != start:
        chain.append(came[chain[-1]])
    return chain[::-1]


def _paths(graph: Graph, start: int, members: set[int]) -> dict[int, int]:
    """Return from where each member is first reached, going breadth first from `start`."""
    came = {start: start}
    queue = [start]
    for node in queue:
        for target in graph.needs(node):
            if target in members and target not in came:
                came[target] = node
                queue.append(target)
    return came

"""Plans as `terraform show -json` and OpenTofu's write them: what would be deployed, what stands now, and where it is
written.

The format is documented at https://developer.hashicorp.com/terraform/internals/json-format (versions 0.x and 1.x).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guard.model.document import Document, Tree
from guard.model.finding import Problem
from guard.model.instance import Call, Instance, Provider
from guard.model.location import Location
from guard.model.node import Node
from guard.model.value import Unknown
from guard.terraform.plan_configuration import Configuration, place_of
from guard.terraform.plan_labels import with_default_labels
from guard.terraform.plan_places import Places, directory_of, find_root
from guard.terraform.plan_values import Path, Planned
from guard.terraform.sources import Sources

SUPPORTED = ("0", "1")
_STEP = re.compile(r'module\.([\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?')
_GONE = frozenset({"delete", "forget"})


@dataclass(frozen=True, slots=True)
class PlannedRoot:
    """What a plan says of one root.

    `root` names it in addresses: the directory that it plans, else the plan's own. `covers` is that directory where it
    stands in the tree (what the configuration alone says of it must not be counted besides), None where it does not.
    `instances` is what stands after the apply, `before_instances` what stands now.
    """

    root: str
    covers: str | None
    instances: tuple[Instance, ...]
    before_instances: tuple[Instance, ...]
    problems: tuple[Problem, ...]


def is_plan(document: Document) -> bool:
    """Tell whether a document is a plan: `format_version` beside planned values or changes of resources."""
    # Nearly every document is none, and its text tells that sooner than its keys.
    if "format_version" not in document.text:
        return False
    fields = document.roots[0].fields() if len(document.roots) == 1 else {}
    return "format_version" in fields and ("planned_values" in fields or "resource_changes" in fields)


def read_plan(document: Document, tree: Tree, sources: Sources | None = None) -> PlannedRoot | None:
    """Return what a plan says, None where the document is none.

    The configuration that it plans is looked for in the plan's own directory, those above it and then all others;
    where it is found, everything points into it. `sources` are the tree's, where they have been read already.
    """
    if not is_plan(document):
        return None
    root = document.roots[0]
    problems = list(_problems(root))
    if any(one.blocking for one in problems):
        return PlannedRoot(directory_of(document.path), None, (), (), tuple(problems))
    configuration = Configuration(root)
    files = sources if sources is not None else Sources(tree)
    covers = find_root(document.path, configuration, files)
    name = directory_of(document.path) if covers is None else covers
    places = Places(files, covers, root)
    reader = _Reader(configuration, places, name)
    changes = tuple(_changes(root))
    after = tuple(one for change in changes if (one := reader.instance(change, "after")) is not None)
    before = tuple(one for change in changes if (one := reader.instance(change, "before")) is not None)
    return PlannedRoot(name, covers, _sorted(after), _sorted(before), tuple(problems))


def _sorted(found: tuple[Instance, ...]) -> tuple[Instance, ...]:
    return tuple(sorted(found, key=lambda one: (one.location, one.module, one.address)))


def _problems(root: Node) -> Iterator[Problem]:
    version = root.get("format_version")
    text = version.value if version is not None else None
    if not isinstance(text, str) or text.partition(".")[0] not in SUPPORTED:
        message = f"guard reads plans of format version 0 and 1, and this one is {text!r}: update guard"
        yield Problem("plan", message, place_of(version, root.location))
    for name, message in (
        ("errored", "planning failed, so the plan does not hold everything: run terraform plan again"),
        ("complete", "the plan leaves some changes to a later run, and says nothing of what these cost"),
    ):
        flag = root.get(name)
        if flag is not None and flag.value is (name == "errored"):
            yield Problem("plan", message, place_of(flag, root.location), blocking=False)


def _changes(root: Node) -> Iterator[Node]:
    """Yield the changes of all resources; where a plan has none, its planned values as if all were made anew."""
    written = root.get("resource_changes")
    if written is not None:
        yield from written.items()
        return
    pending = [root.get("planned_values", "root_module")]
    while pending:
        module = pending.pop(0)
        if module is None:
            continue
        for resource in module.items("resources"):
            yield _as_change(resource, module)
        pending += module.items("child_modules")


def _as_change(resource: Node, module: Node) -> Node:
    fields = dict(resource.fields())
    change = {"after": fields.get("values"), "after_sensitive": fields.get("sensitive_values")}
    fields["change"] = Node({name: one for name, one in change.items() if one is not None}, resource.location)
    address = module.get("address")
    if address is not None:
        fields["module_address"] = address
    return Node(fields, resource.location)


def _text(node: Node, name: str) -> str:
    found = node.get(name)
    return found.value if found is not None and isinstance(found.value, str) else ""


class _Reader:
    """Makes instances of the changes of one plan."""

    def __init__(self, configuration: Configuration, places: Places, root: str) -> None:
        self._configuration = configuration
        self._places = places
        self._root = root
        self._references: dict[tuple[tuple[str, ...], str], Mapping[str, tuple[str, ...]]] = {}

    def instance(self, change: Node, side: str) -> Instance | None:
        """Return a resource as it stands `after` or `before` the apply, None where it does not exist then."""
        address, kind, name = (_text(change, one) for one in ("address", "type", "name"))
        actions = {one.value for one in change.items("change", "actions") if isinstance(one.value, str)}
        if not address or not kind or change.get("deposed") is not None:
            return None
        if side == "after" and actions and actions <= _GONE:
            return None
        value = change.get("change", side)
        unknown = change.get("change", "after_unknown") if side == "after" else None
        if value is None and unknown is None:
            return None
        mode = _text(change, "mode") or "managed"
        module = _text(change, "module_address")
        written = self._places.instance(address) or self._places.instance(_text(change, "previous_address"))
        location = self._places.of(address, module, change.get("address") or change)
        names = tuple(_STEP.findall(module))
        kept = self._configuration.resource(names, f"data.{kind}.{name}" if mode == "data" else f"{kind}.{name}")
        references = self._mentions(written, names, kept, f"{mode}.{kind}.{name}")
        planned = Planned(
            value=value,
            unknown=unknown,
            sensitive=change.get("change", f"{side}_sensitive"),
            text=written.body if written is not None else None,
            place=location,
            why=_Why(address, frozenset(kept.fields("expressions") if kept is not None else ()), references),
            positions=written is None and not self._places.found(module),
        )
        body = planned.node()
        served = self._provider(written, kept, kind)
        index = change.get("index")
        key = index.value if index is not None and isinstance(index.value, str | int) else None
        return Instance(
            address=address,
            type=kind,
            name=name,
            body=Node(body.value, location),
            location=location,
            extent=written.extent if written is not None else location,
            root=self._root,
            mode=mode,
            key=key,
            module=module,
            calls=self._calls(written, module, location),
            provider=with_default_labels(served, body, location),
            references=references,
            provenance="plan",
        )

    def _mentions(
        self, written: Instance | None, modules: tuple[str, ...], kept: Node | None, name: str
    ) -> Mapping[str, tuple[str, ...]]:
        """Return which resources each attribute mentions: the configuration itself knows those behind locals too."""
        if written is not None and written.provenance == "hcl":
            return written.references
        found = self._references.get((modules, name))
        if found is None:
            found = self._references[modules, name] = self._configuration.references(modules, kept)
        return found

    def _provider(self, written: Instance | None, kept: Node | None, kind: str) -> Provider:
        """Return the provider: that of the configuration, with what only the plan knows of it."""
        planned = self._configuration.provider(kept, kind)
        served = written.provider if written is not None else self._places.provider(planned)
        if served is None or served.body is None:
            return planned
        known = {name: one for name, one in served.body.fields().items() if not isinstance(one.value, Unknown)}
        return Provider(
            served.name,
            served.alias,
            Node({**(planned.body.fields() if planned.body else {}), **known}, served.body.location, served.body.key),
        )

    def _calls(self, written: Instance | None, module: str, location: Location) -> tuple[Call, ...]:
        if written is not None:
            return written.calls
        matches = list(_STEP.finditer(module))
        return tuple(Call(module[: one.end()], self._places.call(module[: one.end()], location)) for one in matches)


class _Why:
    """Makes the reasons for what is unknown about one resource."""

    __slots__ = ("_address", "_references", "_written")

    def __init__(self, address: str, written: frozenset[str], references: Mapping[str, tuple[str, ...]]) -> None:
        self._address = address
        self._written = written
        self._references = references

    def __call__(self, path: Path, location: Location) -> Unknown:
        """Return the reason: a written attribute leads to what it mentions, every other one is the resource's own."""
        name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        reference = self._address
        if path and path[0] in self._written:
            mentioned = self._references.get(str(path[0]), ())
            reference = mentioned[0] if len(mentioned) == 1 else "" if mentioned else self._address
        return Unknown(f"known only after apply: {self._address}{name}", location, reference)

"""The body of a block as it evaluates: attributes when they are asked for, nested blocks with dynamic ones expanded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from guard.formats.hcl_syntax import Block, Body, Literal
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.configuration import as_bodies, blocks_of
from guard.terraform.expressions import evaluate
from guard.terraform.references import iterator_name
from guard.terraform.scope import Failure, Loop, Scope
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Undecided, Value, cause_of, object_value, pairs, tuple_value, unknown, unmarked

META: Final = frozenset(
    {"count", "for_each", "provider", "depends_on", "lifecycle", "connection", "provisioner", "providers"}
)
"""What Terraform itself reads in a resource block; the provider never sees it."""


class Owner(Protocol):
    """Whose body it is."""

    def report(self, failure: Failure) -> Unknown:
        """Tell of an expression that got no value, and return the reason for what depends on it."""
        ...

    def computed(self, name: str, location: Location) -> Unknown:
        """Return why an attribute that is not written is unknown; `name` is its path within the owner."""
        ...


class EvaluatedBody:
    """One body in one scope. `name` is its path within its owner: empty, or such as `ebs_block_device[0]`."""

    __slots__ = ("_blocks", "_values", "body", "elsewhere", "location", "name", "owner", "scope")

    def __init__(
        self,
        owner: Owner,
        body: Body,
        scope: Scope,
        location: Location,
        name: str = "",
        elsewhere: Mapping[str, str] = {},
    ) -> None:
        self.owner = owner
        self.body = body
        self.scope = scope
        self.location = location
        self.name = name
        self.elsewhere = elsewhere
        self._values: dict[str, Value | None] = {}
        self._blocks: dict[str, list[EvaluatedBody | Unknown]] = {}

    def scope_of(self, name: str) -> Scope:
        """Return the scope of an attribute or nested block: that of the file which brought it."""
        path = self.elsewhere.get(name)
        return self.scope if path is None else self.scope.elsewhere(path)

    def value(self, name: str) -> Value | None:
        """Return an attribute's value, None where it is not written. A failure is reported and makes it unknown."""
        if name in self._values:
            found = self._values[name]
            return self._circular(name) if found is None else found
        attribute = self.body.attributes.get(name)
        if attribute is None:
            return None
        self._values[name] = None
        scope = self.scope_of(name)
        try:
            result = evaluate(attribute.expression, scope)
        except Failure as failure:
            result = unknown(DYNAMIC, self.owner.report(failure))
        self._values[name] = result
        return result

    def _circular(self, name: str) -> Value:
        place = self.scope_of(name).at(self.body.attributes[name].name_span)
        return unknown(DYNAMIC, Unknown(f"{name} depends on itself", place))

    def names(self) -> list[str]:
        """Return the names of what is written, attributes first, without what Terraform reads itself."""
        names = dict.fromkeys(self.body.attributes)
        for block in self.body.blocks:
            names[block.labels[0] if block.type == "dynamic" and block.labels else block.type] = None
        if self.body.from_json:
            names.pop("dynamic", None)
            names.update(dict.fromkeys(name for name, _, _ in self._json_dynamics()))
        return [name for name in names if name not in META] if not self.name else list(names)

    def blocks(self, kind: str) -> list[EvaluatedBody | Unknown]:
        """Return the nested blocks of a type; where a dynamic block cannot be expanded, why."""
        found = self._blocks.get(kind)
        if found is None:
            found = self._blocks[kind] = []
            scope = self.scope_of(kind)
            for block in self.body.blocks:
                if block.type == kind:
                    found.append(self._nested(block.body, scope, scope.at(block.header), kind, len(found)))
                elif block.type == "dynamic" and block.labels and block.labels[0] == kind:
                    contents = [one.body for one in block.body.blocks if one.type == "content"]
                    self._expand(found, block.body, contents, kind, scope.at(block.header))
            for name, body, place in self._json_dynamics():
                if name == kind:
                    self._expand(found, body, blocks_of(body, "content"), kind, place)
        return found

    def is_block(self, name: str) -> bool:
        """Tell whether nested blocks of that type are written."""
        return name not in self.body.attributes and bool(self.blocks(name))

    def _nested(self, body: Body, scope: Scope, location: Location, kind: str, position: int) -> EvaluatedBody:
        name = f"{self.name}.{kind}[{position}]" if self.name else f"{kind}[{position}]"
        return EvaluatedBody(self.owner, body, scope, location, name)

    def _json_dynamics(self) -> Iterable[tuple[str, Body, Location]]:
        dynamic = self.body.attributes.get("dynamic") if self.body.from_json else None
        if dynamic is None:
            return
        for outer in as_bodies(dynamic.expression):
            for name, attribute in outer.attributes.items():
                for body in as_bodies(attribute.expression):
                    yield name, body, self.scope.at(attribute.name_span)

    def _expand(
        self,
        found: list[EvaluatedBody | Unknown],
        body: Body,
        contents: Iterable[Body],
        kind: str,
        place: Location,
    ) -> None:
        scope = self.scope_of(kind)
        attribute = body.attributes.get("for_each")
        if attribute is None:
            return
        try:
            collection = unmarked(evaluate(attribute.expression, scope))[0]
            if not collection.is_known:
                found.append(cause_of(collection))
                return
            if collection.content is None:
                raise scope.error(
                    f"null cannot be used as for_each of dynamic {kind} blocks", attribute.expression.span
                )
            if collection.type.is_primitive:
                raise scope.error(f"for_each of dynamic {kind} blocks must be a collection", attribute.expression.span)
            name = iterator_name(body, kind)
            for key, value in pairs(collection):
                scope.budget.spend(1, place)
                loop = Loop(attribute.expression, scope, key)
                inner = scope.binding({name: object_value({"key": key, "value": value})}, loop)
                found += [self._nested(content, inner, place, kind, len(found)) for content in contents]
        except Failure as failure:
            found.append(self.owner.report(failure))

    def settle(self) -> None:
        """Evaluate everything, so that every failure is reported."""
        pending: list[EvaluatedBody] = [self]
        while pending:
            one = pending.pop()
            for name, attribute in one.body.attributes.items():
                if type(attribute.expression) is not Literal and not (name in META and not one.name):
                    one.value(name)
            for kind in {_kind(block) for block in one.body.blocks}:
                if one.name or kind not in META:
                    pending += [inner for inner in one.blocks(kind) if isinstance(inner, EvaluatedBody)]

    def whole(self) -> Value:
        """Return the body as a value: unknown as a whole, since the provider may add to it, and known in its parts."""
        cause = self.owner.computed(self.name, self.location)
        return Value(DYNAMIC, Undecided(cause, not_null=True, part=self.part))

    def part(self, step: str | int) -> Value:
        """Return an attribute as references see it: what is not written is for the provider to say."""
        if isinstance(step, int):
            # The one block of its type may be asked for as the first of a list.
            return self.whole()
        found = self.value(step)
        if found is not None and found.content is not None:
            return found
        if found is None and self.is_block(step):
            blocks = self.blocks(step)
            undecided = next((one for one in blocks if isinstance(one, Unknown)), None)
            if undecided is not None:
                return unknown(DYNAMIC, undecided)
            return tuple_value([one.whole() for one in blocks if isinstance(one, EvaluatedBody)])
        name = f"{self.name}.{step}" if self.name else step
        return unknown(DYNAMIC, self.owner.computed(name, self.location))


def _kind(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type

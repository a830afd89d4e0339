"""Instances of resources and data sources: their bodies, their values as references see them, their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from guard.formats.hcl_syntax import Body
from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.configuration import Written, blocks_of
from guard.terraform.context import BlockContext
from guard.terraform.data_sources import decided
from guard.terraform.expansion import Key, Repetition, key_text
from guard.terraform.mirrors import MIRRORS
from guard.terraform.scope import Failure
from guard.terraform.types import DYNAMIC, STRING
from guard.terraform.values import NULL, Undecided, Value, object_value, unknown

if TYPE_CHECKING:
    from guard.terraform.evaluation import ModuleInstance


class ResourceInstance:
    """One instance of a resource (`mode` is `managed`), data source (`data`) or ephemeral resource (`ephemeral`)."""

    __slots__ = (
        "_whole", "address", "body", "context", "key", "kind", "mode", "module", "name", "repetition", "subject",
        "undecided", "written",
    )  # fmt: skip

    def __init__(
        self,
        module: ModuleInstance,
        subject: str,
        written: Written,
        key: Key,
        repetition: Repetition,
        undecided: Unknown | None,
    ) -> None:
        self.module = module
        self.subject = subject
        self.written = written
        self.key = key
        self.repetition = repetition
        self.undecided = undecided
        self.kind, self.name = written.block.labels
        self.mode = {"data": "data", "ephemeral": "ephemeral"}.get(written.block.type, "managed")
        self.address = module.named(subject + key_text(key))
        self.context = BlockContext(module, repetition, block=written)
        scope = module.scope(written.path, self.context)
        self.body = EvaluatedBody(self, written.block.body, scope, written.header, "", written.elsewhere)
        self._whole: Value | None = None

    def report(self, failure: Failure) -> Unknown:
        """Tell of an expression that got no value."""
        return self.module.evaluation.report(failure, self.address)

    def computed(self, name: str, location: Location) -> Unknown:
        """Return why an attribute that is not written is unknown."""
        subject = f"{self.address}.{name}" if name else self.address
        if self.mode == "managed":
            return Unknown(f"known only after apply: {subject}", location, self.address)
        if self.mode == "data":
            return Unknown(f"{self.address} is read at apply", location, self.address)
        return Unknown(f"{self.address} is opened only while Terraform runs", location, self.address)

    def whole(self) -> Value:
        """Return the instance as references see it: its parts are known where the text decides them."""
        if self._whole is None:
            if self.kind == "terraform_data" and self.mode == "managed":
                self._whole = self._terraform_data()
            else:
                self._whole = Value(DYNAMIC, Undecided(self.computed("", self.written.header), True, part=self.part))
        return self._whole

    def whole_of_any(self, cause: Unknown) -> Value:
        """Return what stands for all instances where their number is unknown: any of them looks like this one."""
        return Value(DYNAMIC, Undecided(cause, part=lambda step: self.whole()))

    def part(self, step: str | int) -> Value:
        """Return an attribute as references see it."""
        if self.mode == "data" and isinstance(step, str):
            found = decided(self, step)
            if found is not None:
                return found
        if self.mode == "managed" and isinstance(step, str):
            step = self._repeated(step)
        return self.body.part(step)

    def _repeated(self, name: str) -> str:
        """Return the argument that an attribute repeats where that one is written and this one is not."""
        argument = MIRRORS.get(self.kind, {}).get(name)
        written = argument is not None and self.body.value(name) is None and self.body.value(argument) is not None
        return argument if argument is not None and written else name

    def _terraform_data(self) -> Value:
        # Terraform's own resource, the one type of which the schema is known.
        input_ = self.body.value("input") or NULL
        output = input_ if input_.is_null else unknown(input_.type, self.computed("output", self.written.header))
        return object_value(
            {
                "id": unknown(STRING, self.computed("id", self.written.header), not_null=True),
                "input": input_,
                "output": output,
                "triggers_replace": self.body.value("triggers_replace") or NULL,
            }
        )

    def conditions(self) -> Iterator[tuple[str, Body]]:
        """Yield the preconditions and postconditions of the instance, each with its name."""
        for lifecycle in blocks_of(self.written.block.body, "lifecycle"):
            for kind in ("precondition", "postcondition"):
                for body in blocks_of(lifecycle, kind):
                    yield kind, body

"""What Terraform asks of the blocks at the top of a configuration: known types, the right labels, valid names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from guard.formats._hcl_tokens import HclError
from guard.formats.hcl_syntax import Attribute, Block, Body, Call, Variable
from guard.model.location import Span

# The top-level blocks of Terraform 1.11 and OpenTofu 1.10, with the names of their labels.
LABELS: dict[str, tuple[str, ...]] = {
    "check": ("name",),
    "data": ("type", "name"),
    "ephemeral": ("type", "name"),
    "import": (),
    "locals": (),
    "module": ("name",),
    "moved": (),
    "output": ("name",),
    "provider": ("name",),
    "removed": (),
    "resource": ("type", "name"),
    "terraform": (),
    "variable": ("name",),
}
_CONFIGURATIONS = (".tf", ".tofu", ".tf.json", ".tofu.json")
_VARIABLES = (".tfvars", ".tfvars.json")
_NAME = re.compile(r"[^\W\d][\w\-]*")


def checked(path: str, body: Body) -> list[HclError]:
    """Return what is wrong with the top-level blocks of a configuration or variable file; nothing for other HCL."""
    if path.endswith(_VARIABLES):
        values = [complaint for attribute in body.attributes.values() for complaint in _calls_and_names(attribute)]
        return [*map(_in_variables, body.blocks), *values]
    if not path.endswith(_CONFIGURATIONS):
        return []
    complaints = [complaint for block in body.blocks for complaint in _block(block)]
    if not body.from_json:
        complaints += [
            HclError(f'an argument named "{name}" is not expected here; put it in a block', attribute.name_span)
            for name, attribute in body.attributes.items()
        ]
    return complaints


def _calls_and_names(attribute: Attribute) -> Iterator[HclError]:
    """Yield a complaint for the first function call or reference within a value that must stand for itself."""
    pending: list[object] = [attribute.expression]
    while pending:
        part = pending.pop()
        if isinstance(part, Call):
            yield HclError("functions may not be called here; write the value itself", part.name_span)
            return
        if isinstance(part, Variable):
            yield HclError("no references are allowed here; write the value itself", part.span)
            return
        if isinstance(part, tuple):
            pending += reversed(part)
        elif hasattr(part, "__slots__"):
            pending += [getattr(part, name) for name in reversed(part.__slots__) if not name.endswith("span")]


def _as_arguments(block: Block) -> Iterator[HclError]:
    """Yield a complaint for each block that is written as an argument, `lifecycle = {}`."""
    if block.type in ("resource", "data") and not block.body.from_json:
        for name in ("connection", "lifecycle", "provisioner"):
            attribute = block.body.attributes.get(name)
            if attribute is not None:
                yield HclError(f'"{name}" is a block; write it without "="', attribute.name_span)


def _in_variables(block: Block) -> HclError:
    if block.type == "variable":
        message = "a variable is declared in a .tf file; here write only its value: name = value"
        return HclError(message, block.type_span)
    return HclError(f'no blocks are allowed in a variable file; write "{block.type} = {{ ... }}"', block.type_span)


def _block(block: Block) -> list[HclError]:
    expected = LABELS.get(block.type)
    if expected is None:
        from difflib import get_close_matches

        near = get_close_matches(block.type, LABELS, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return [HclError(f'there are no blocks of the type "{block.type}"{hint}', block.type_span)]
    if len(block.labels) < len(expected):
        message = f"a {block.type} block needs {len(expected)} label(s): {', '.join(expected)}"
        line, column = block.body.span[:2]
        return [HclError(message, Span(line, column, line, column + 1))]
    if len(block.labels) > len(expected):
        extra = block.label_spans[len(expected)]
        takes = f"takes only {len(expected)} label(s): {', '.join(expected)}" if expected else "takes no labels"
        return [HclError(f"a {block.type} block {takes}", extra)]
    return [
        HclError(
            f'the {what} of a {block.type} must begin with a letter or "_" and hold only letters, digits, "_" and "-"',
            span,
        )
        for what, label, span in zip(expected, block.labels, block.label_spans, strict=True)
        if not _NAME.fullmatch(label) and not label.isidentifier()
    ] + list(_as_arguments(block))

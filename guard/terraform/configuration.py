"""One module as syntax: what the files of one directory declare, override files merged as Terraform merges them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guard.formats.hcl_syntax import Attribute, Block, Body, Expression, Literal, ObjectConstructor, TupleConstructor
from guard.model.finding import Problem
from guard.model.location import Location, Span


@dataclass(frozen=True, slots=True)
class Written:
    """A block and the file it stands in. `elsewhere` names, by attribute or nested block type, what an override file
    brought and which one."""

    path: str
    block: Block
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    @property
    def header(self) -> Location:
        """Return where the block begins: its type and labels."""
        return Location(self.path, self.block.header)

    def path_of(self, name: str) -> str:
        """Return the file that an attribute or nested block type comes from."""
        return self.elsewhere.get(name, self.path)

    def attribute(self, name: str) -> Attribute | None:
        """Return a top-level attribute of the block, None where it is not written."""
        return self.block.body.attributes.get(name)


@dataclass(frozen=True, slots=True)
class Local:
    """A local value and the file it stands in."""

    path: str
    attribute: Attribute


@dataclass(slots=True)
class Module:
    """What a directory declares. Resources are named `type.name`, `data.type.name` or `ephemeral.type.name`;
    providers `aws` or `aws.eu`. Each mapping keeps the order of files and of the text."""

    path: str
    variables: dict[str, Written] = field(default_factory=dict)
    locals: dict[str, Local] = field(default_factory=dict)
    outputs: dict[str, Written] = field(default_factory=dict)
    resources: dict[str, Written] = field(default_factory=dict)
    calls: dict[str, Written] = field(default_factory=dict)
    providers: dict[str, Written] = field(default_factory=dict)
    checks: dict[str, Written] = field(default_factory=dict)
    settings: list[Written] = field(default_factory=list)
    changes: list[Written] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    statics: object = None
    declarations: dict[str, Any] = field(default_factory=dict)
    recipes: dict[int, Any] = field(default_factory=dict)
    recalled: dict[Any, Any] = field(default_factory=dict)
    """What later stages found out of the text alone, kept for all calls of the module."""

    def say(self, code: str, message: str, path: str, span: Span, blocking: bool = True) -> None:
        """Add a problem of this module."""
        self.problems.append(Problem(code, message, Location(path, span), blocking))

    @property
    def has_backend(self) -> bool:
        """Tell whether a backend or cloud block is written, which only a root module has."""
        bodies = [one.block.body for one in self.settings]
        # JSON writes nested blocks as attributes.
        return any(not _BACKENDS.isdisjoint([*body.attributes, *(one.type for one in body.blocks)]) for body in bodies)


_BACKENDS = frozenset({"backend", "cloud"})
LABELS: Mapping[str, int] = {
    "variable": 1,
    "locals": 0,
    "output": 1,
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
    "module": 1,
    "provider": 1,
    "terraform": 0,
    "moved": 0,
    "import": 0,
    "removed": 0,
    "check": 1,
}

ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "variable": (
        frozenset({"description", "type", "default", "sensitive", "ephemeral", "nullable", "deprecated"}),
        frozenset({"validation"}),
    ),
    "output": (
        frozenset({"description", "value", "sensitive", "ephemeral", "depends_on", "deprecated"}),
        frozenset({"precondition"}),
    ),
    "check": (frozenset(), frozenset({"data", "assert"})),
}
"""The arguments and nested blocks of blocks that take no others."""

REQUIRED = {"output": "value", "module": "source"}
RESERVED_VARIABLES = frozenset(
    {"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"}
)
WORDS = {"module": "module call", "variable": "input variable", "provider": "provider configuration"}


def declare(directory: str, files: Iterable[tuple[str, Body]]) -> Module:
    """Return what the files of a directory declare; `files` are sorted by name, override files among them."""
    module = Module(directory)
    ordered = list(files)
    for path, body in ordered:
        if not is_override(path):
            _read(module, path, body, _declare)
    for path, body in ordered:
        if is_override(path):
            _read(module, path, body, _override)
    return module


def is_override(path: str) -> bool:
    """Tell whether a file overrides what the others declare, by its name."""
    name = path.rpartition("/")[2]
    for suffix in (".tf.json", ".tofu.json", ".tf", ".tofu"):
        if name.endswith(suffix):
            stem = name.removesuffix(suffix)
            return stem == "override" or stem.endswith("_override")
    return False


def _read(module: Module, path: str, body: Body, take: Callable[[Module, Written], None]) -> None:
    for block in body.blocks:
        # The parser has told of unknown types and wrong labels already.
        if len(block.labels) == LABELS.get(block.type, -1):
            if block.type == "variable" and block.labels[0] in RESERVED_VARIABLES:
                message = (
                    f'the variable name "{block.labels[0]}" is reserved: module blocks have an argument of that name'
                )
                module.say("name", message, path, block.label_spans[0])
            _check_arguments(module, path, block)
            take(module, Written(path, block))


def _check_arguments(module: Module, path: str, block: Block) -> None:
    body = block.body
    if block.type in ARGUMENTS:
        arguments, blocks = ARGUMENTS[block.type]
        for name, attribute in body.attributes.items():
            if name not in arguments and not (body.from_json and (name in blocks or name == "//")):
                module.say("argument", unexpected(name, arguments), path, attribute.name_span)
        for inner in body.blocks:
            if inner.type not in blocks:
                message = f'blocks of type "{inner.type}" are not expected in a {block.type} block'
                module.say("block", message, path, inner.type_span)
    required = REQUIRED.get(block.type)
    if required is not None and required not in body.attributes and not is_override(path):
        message = f'the argument "{required}" of {describe(block)} is required, but not written'
        module.say("argument", message, path, block.header if body.from_json else _start(body.span))


def unexpected(name: str, known: Iterable[str]) -> str:
    """Return the message for an argument that its block does not have, with the nearest that it has."""
    near = _nearest(name, known)
    return f'an argument named "{name}" is not expected here' + (f'; did you mean "{near}"?' if near else "")


def describe(block: Block) -> str:
    """Return a block's type and labels as they are written."""
    return " ".join([block.type, *(f'"{label}"' for label in block.labels)])


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(known), 1, 0.7)), "")


def _start(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _declare(module: Module, written: Written) -> None:
    kind = written.block.type
    if kind == "locals":
        _declare_locals(module, written)
        return
    if kind == "terraform":
        module.settings.append(written)
        return
    table = _table(module, kind)
    if table is None:
        module.changes.append(written)
        return
    if kind == "check":
        _declare_nested(module, written)
    key = key_of(written.block)
    first = table.get(key)
    if first is None:
        table[key] = written
        return
    place = f"{first.path}:{first.block.header.line}"
    message = f'{WORDS.get(kind, kind)} "{key}" is declared twice: first at {place}'
    module.say("duplicate", message, written.path, written.block.header)


def _declare_nested(module: Module, written: Written) -> None:
    """Declare the data source that stands within a check, which only that check may refer to."""
    for block in written.block.body.blocks:
        if block.type == "data" and len(block.labels) == LABELS["data"]:
            module.resources.setdefault(key_of(block), Written(written.path, block))


def _declare_locals(module: Module, written: Written) -> None:
    for block in written.block.body.blocks:
        module.say("block", "a locals block holds only arguments (name = value)", written.path, block.type_span)
    for name, attribute in written.block.body.attributes.items():
        if written.block.body.from_json and name == "//":
            continue
        first = module.locals.get(name)
        if first is None:
            module.locals[name] = Local(written.path, attribute)
            continue
        place = f"{first.path}:{first.attribute.span.line}"
        module.say(
            "duplicate", f'local value "{name}" is defined twice: first at {place}', written.path, attribute.name_span
        )


def _table(module: Module, kind: str) -> dict[str, Written] | None:
    return {
        "variable": module.variables,
        "output": module.outputs,
        "resource": module.resources,
        "data": module.resources,
        "ephemeral": module.resources,
        "module": module.calls,
        "provider": module.providers,
        "check": module.checks,
    }.get(kind)


def key_of(block: Block) -> str:
    """Return the name by which a block is known in its module: `aws_instance.a`, `data.aws_ami.x`, `aws.eu`, `name`."""
    if block.type == "resource":
        return ".".join(block.labels)
    if block.type in ("data", "ephemeral"):
        return ".".join((block.type, *block.labels))
    if block.type == "provider":
        alias = block.body.attributes.get("alias")
        if alias is not None and isinstance(alias.expression, Literal) and isinstance(alias.expression.value, str):
            return f"{block.labels[0]}.{alias.expression.value}"
    return block.labels[0]


def _override(module: Module, written: Written) -> None:
    kind = written.block.type
    if kind == "locals":
        _override_locals(module, written)
        return
    table = _table(module, kind)
    if table is None or kind == "check":
        _declare(module, written)
        return
    key = key_of(written.block)
    base = table.get(key)
    if base is not None:
        table[key] = merged(base, written)
    elif kind == "provider" and "." not in key:
        table[key] = written
    else:
        message = (
            f'there is no {WORDS.get(kind, kind)} "{key}" to override: an override file changes only what is declared'
        )
        module.say("override", message, written.path, written.block.header)


def _override_locals(module: Module, written: Written) -> None:
    for name, attribute in written.block.body.attributes.items():
        if name in module.locals:
            module.locals[name] = Local(written.path, attribute)
            continue
        message = f'there is no local value "{name}" to override: an override file changes only what is declared'
        module.say("override", message, written.path, attribute.name_span)


def merged(base: Written, override: Written) -> Written:
    """Return `base` with the arguments of `override` in place of its own, and its nested blocks type by type."""
    mine, theirs = base.block.body, override.block.body
    replaced = {_content_type(block) for block in theirs.blocks} - {"lifecycle"}
    kept = tuple(block for block in mine.blocks if _content_type(block) not in replaced)
    elsewhere = dict(base.elsewhere)
    elsewhere.update(dict.fromkeys((*theirs.attributes, *replaced), override.path))
    attributes = {**mine.attributes, **theirs.attributes}
    body = Body(attributes, (*kept, *theirs.blocks), mine.span, mine.from_json)
    block = base.block
    whole = Block(block.type, block.labels, block.label_spans, body, block.type_span, block.header, block.span)
    return Written(base.path, whole, elsewhere)


def _content_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def asks_for_short_circuits(module: Module) -> bool:
    """Tell whether a module asks for Terraform 1.12 or newer, in which `&&` and `||` are short-circuit operators."""
    for one in module.settings:
        version = one.attribute("required_version")
        text = version.expression.value if version and isinstance(version.expression, Literal) else None
        for operator, major, minor in _VERSION.findall(text if isinstance(text, str) else ""):
            if operator in ("", "=", ">=", "~>", ">") and (int(major), int(minor or 0)) >= (1, 12):
                return True
    return False


_VERSION = re.compile(r"(=|>=|~>|>|<=|<|!=)?\s*v?(\d{1,9})(?:\.(\d{1,9}))?(?:[\w.+-]*)")


def blocks_of(body: Body, kind: str) -> tuple[Body, ...]:
    """Return the bodies of the nested blocks of a type; in JSON they are written as objects."""
    found = tuple(block.body for block in body.blocks if block.type == kind)
    attribute = body.attributes.get(kind) if body.from_json else None
    return found if attribute is None else (*found, *as_bodies(attribute.expression))


def as_bodies(expression: Expression) -> tuple[Body, ...]:
    """Return an object of JSON, or each object of a list, as the body of a block."""
    objects = expression.items if isinstance(expression, TupleConstructor) else (expression,)
    return tuple(_as_body(one) for one in objects if isinstance(one, ObjectConstructor))


def _as_body(node: ObjectConstructor) -> Body:
    attributes: dict[str, Attribute] = {}
    for key, value in node.items:
        if isinstance(key, Literal) and isinstance(key.value, str):
            attributes[key.value] = Attribute(key.value, value, key.span, value.span)
    return Body(attributes, (), node.span, from_json=True)

"""Configuration that Terragrunt generates: what `generate` blocks declare, placed where they are written."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from guard.formats import hcl
from guard.formats.hcl_syntax import Attribute, Block, Body, Expression, Literal, Template, TemplateFor, TemplateIf
from guard.model.location import Span
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.sources import CONFIGURATION_SUFFIXES
from guard.terraform.terragrunt_config import Config
from guard.terraform.terragrunt_merging import labelled
from guard.terraform.types import STRING
from guard.terraform.values import Value

PLACEHOLDER = "terragrunt_unknown_"
"""Begins the names of the variables that stand for what is unknown within a generated text."""
DEEPEST = 200


@dataclass(frozen=True, slots=True)
class Generated:
    """A file that Terragrunt writes beside a module's own: `name`, what it declares and where that is written.

    `keeps` tells that a file of that name which is there already stays. `unknown` are the variables within it.
    """

    name: str
    path: str
    body: Body
    keeps: bool
    unknown: dict[str, Value]


def generated(config: Config) -> list[Generated]:
    """Return the configuration that a unit's `generate` blocks write; what cannot be read is told as a problem."""
    found: list[Generated] = []
    unknown: dict[str, Value] = {}
    for label, (owner, block) in labelled(config, "generate").items():
        one = _generated(owner, label, block, unknown)
        if one is not None:
            found.append(one)
    return found


def _generated(config: Config, label: str, block: Block, unknown: dict[str, Value]) -> Generated | None:
    attributes = block.body.attributes
    disabled = config.value(attributes.get("disable"), "disable")
    if disabled is not None and disabled.content is True:
        return None
    path = config.value(attributes.get("path"), "the path of a generate block")
    contents = attributes.get("contents")
    name = path.content if path is not None and isinstance(path.content, str) else f"{label}.tf"
    if contents is None or not name.endswith(CONFIGURATION_SUFFIXES):
        return None
    place = config.scope.at(block.header)
    text = _text(config, contents, unknown)
    if text is None or name.endswith(".json") or "/" in name.removeprefix("./"):
        config.reading.tell("terragrunt", f'guard cannot read what generate "{label}" writes', place)
        return None
    body = _parsed(config, contents.expression, text, label)
    keep = config.value(attributes.get("if_exists"), "if_exists")
    return Generated(name.removeprefix("./"), config.path, body, keep is not None and keep.content == "skip", unknown)


def _text(config: Config, contents: Attribute, unknown: dict[str, Value]) -> str | None:
    node = contents.expression
    if not isinstance(node, Template) or any(isinstance(one, (TemplateIf, TemplateFor)) for one in node.parts):
        value = config.value(contents, "contents")
        return value.content if value is not None and isinstance(value.content, str) else None
    text = ""
    for part in node.parts:
        if isinstance(part, Literal) and isinstance(part.value, str):
            text += part.value
        elif not isinstance(part, (TemplateIf, TemplateFor)):
            text += _interpolated(config, part, text, unknown)
    return text


def _interpolated(config: Config, part: Expression, before: str, unknown: dict[str, Value]) -> str:
    value = config.value(Attribute("", part, part.span, part.span), "an interpolation")
    assert value is not None
    try:
        content = convert(value, STRING).content
    except ConversionError:
        content = None
    if isinstance(content, str):
        return content
    name = f"{PLACEHOLDER}{len(unknown)}"
    unknown[name] = value
    line = before.rpartition("\n")[2].replace('\\"', "")
    return f"${{var.{name}}}" if line.count('"') % 2 else f"var.{name}"


def _parsed(config: Config, node: Expression, text: str, label: str) -> Body:
    padded = _padded(config, node, text)
    document = hcl.FORMAT.parse(config.path, padded or text)
    place = config.scope.at(node.span)
    for problem in document.problems:
        where = problem.location if padded and problem.location else place
        message = f'what generate "{label}" writes is no valid configuration: {problem.message}'
        config.reading.tell("terragrunt", message, where)
    body = document.syntax
    assert isinstance(body, Body)
    return body if padded else _placed(body, node.span)


def _padded(config: Config, node: Expression, text: str) -> str:
    """Return a heredoc's text at the lines and columns that it has in its file, "" where it is not written so."""
    lines = config.reading.sources.text(config.path).split("\n")[node.span.line - 1 : node.span.end_line]
    opener = lines[0][node.span.column - 1 :] if lines else ""
    inner = lines[1 : 1 + text.count("\n")]
    if not opener.startswith("<<") or len(lines) < 2 + text.count("\n"):
        return ""
    margin = min((len(one) - len(one.lstrip()) for one in inner if one.strip()), default=0)
    indent = " " * margin if opener.startswith("<<-") else ""
    return "\n" * node.span.line + "\n".join(indent + one if one else one for one in text.split("\n"))


def _placed(thing: Any, span: Span, depth: int = 0) -> Any:
    """Return a part of a syntax tree with every position replaced by one."""
    if isinstance(thing, Span):
        return span
    if isinstance(thing, tuple):
        return tuple(_placed(one, span, depth + 1) for one in thing)
    if isinstance(thing, dict):
        return {name: _placed(one, span, depth + 1) for name, one in thing.items()}
    if not hasattr(thing, "__dataclass_fields__") or depth > DEEPEST:
        return thing
    return replace(thing, **{one.name: _placed(getattr(thing, one.name), span, depth + 1) for one in fields(thing)})

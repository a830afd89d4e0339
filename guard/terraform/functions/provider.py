"""Functions of providers: those of the one that is built into Terraform, and others that the text decides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from guard.formats import hcl
from guard.formats.hcl_syntax import Body
from guard.model.finding import Problem
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter, unknown_from
from guard.terraform.functions.yaml_reading import decode
from guard.terraform.notation import IDENTIFIER, assignments_text, expression_text
from guard.terraform.sets import quoted
from guard.terraform.types import DYNAMIC, STRING, Type
from guard.terraform.values import (
    Value,
    as_text,
    first_unknown,
    may_be_null,
    object_value,
    refined,
    string,
    tuple_value,
)

_OPENINGS: Final = {"string": '"', "object": "{", "map": "{", "tuple": "[", "list": "[", "set": "["}


def _encode_tfvars(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    if first_unknown(value):
        return unknown_from(STRING, value)
    if value.type.kind not in ("map", "object"):
        message = "must be an object whose attribute names will become the encoded variable names"
        raise FunctionError(f"invalid value to encode: {message}", 0)
    for name in value.fields:
        if not IDENTIFIER.fullmatch(name):
            rule = "must be a valid identifier, per Terraform's rules for input variable declarations"
            raise FunctionError(f"invalid variable name {quoted(name)}: {rule}", 0)
    return string(assignments_text(value.fields))


def _encode_expr(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    value = arguments[0]
    cause = first_unknown(value)
    if cause is None:
        return string(expression_text(value))
    if may_be_null(value):
        return unknown_from(STRING, value)
    return refined(STRING, cause, prefix=_OPENINGS.get(value.type.kind, ""))


def _dynamic(arguments: Arguments) -> Type:
    return DYNAMIC


def _decode_tfvars(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    # The evaluator calls the functions, so it can be imported only here.
    from guard.terraform.expressions import evaluate
    from guard.terraform.files import TemplateContext
    from guard.terraform.scope import Budget, EvaluationError, Scope
    from guard.terraform.variables import constant

    name = "<decode_tfvars argument>"
    document = hcl.parse(name, as_text(arguments[0]))
    body = document.syntax
    if document.problems or not isinstance(body, Body):
        raise FunctionError(f"invalid tfvars syntax: {_place(document.problems)}")
    if body.blocks:
        raise FunctionError("invalid tfvars content: blocks are not allowed here")
    scope = Scope(name, TemplateContext(environment), Budget())
    found: dict[str, Value] = {}
    for key, attribute in body.attributes.items():
        try:
            found[key] = constant(attribute.expression, scope, evaluate)
        except EvaluationError as error:
            message = f"{name}:{error.location.line},{error.location.column}: {error.message}"
            raise FunctionError(f"invalid expression for variable {quoted(key)}: {message}") from None
    return object_value(found)


def _place(problems: Sequence[Problem]) -> str:
    first = problems[0]
    where = f":{first.location.line},{first.location.column}" if first.location else ""
    return f"<decode_tfvars argument>{where}: {first.message}"


def _manifest(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    found = _manifests(as_text(arguments[0]))
    if len(found) != 1:
        raise FunctionError(f"the text must hold one manifest, and it holds {len(found)}", 0)
    return found[0]


def _several_manifests(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    return tuple_value(_manifests(as_text(arguments[0])))


def _manifests(text: str) -> list[Value]:
    """Return the manifests that a YAML text holds, as the functions of the Kubernetes provider decode them."""
    documents = (decode(one) for one in _BETWEEN.split(text) if _WRITTEN.search(one))
    return [one for one in documents if not one.is_null]


_WRITTEN: Final = re.compile(r"^[ \t]*[^\s#]", re.MULTILINE)
_BETWEEN: Final = re.compile(r"^---(?:[ \t].*)?$", re.MULTILINE)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "provider::kubernetes::manifest_decode": Function((Parameter("manifest", STRING),), _dynamic, _manifest),
    "provider::kubernetes::manifest_decode_multi": Function(
        (Parameter("manifest", STRING),), _dynamic, _several_manifests
    ),
    "provider::terraform::decode_tfvars": Function((Parameter("src", STRING),), _dynamic, _decode_tfvars),
    "provider::terraform::encode_expr": Function((Parameter("value", unknown=True),), STRING, _encode_expr),
    "provider::terraform::encode_tfvars": Function((Parameter("value", unknown=True),), STRING, _encode_tfvars),
}

"""The data source `aws_iam_policy_document`: its statements as the JSON that the AWS provider writes.

Source: "Data Source: aws_iam_policy_document" in the provider's documentation: the fields' order, the version and the
effect that hold where none is written, one element written without a list, `&{...}` for IAM's own variables.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from guard.model.value import Unknown
from guard.terraform.bodies import EvaluatedBody
from guard.terraform.functions.json_text import escaped
from guard.terraform.types import STRING
from guard.terraform.values import Value, as_text, first_unknown, string, unknown

if TYPE_CHECKING:
    from guard.terraform.resources import ResourceInstance

VERSION: Final = "2012-10-17"
_MERGING: Final = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")
_LISTS: Final = (
    ("Action", "actions"),
    ("NotAction", "not_actions"),
    ("Resource", "resources"),
    ("NotResource", "not_resources"),
)


class _Undecided(Exception):  # noqa: N818  it is no failure
    def __init__(self, cause: Unknown) -> None:
        self.cause = cause


def document(instance: ResourceInstance, indented: bool) -> Value | None:
    """Return the document's text, None where it is made of other documents, unknown where a part is."""
    body = instance.body
    if any(body.value(name) is not None for name in _MERGING):
        return None
    try:
        whole = _document(body)
    except _Undecided as undecided:
        return unknown(STRING, undecided.cause, not_null=True)
    separators = None if indented else (",", ":")
    return string(escaped(json.dumps(whole, ensure_ascii=False, indent=2 if indented else None, separators=separators)))


def _document(body: EvaluatedBody) -> dict[str, Any]:
    found: dict[str, Any] = {"Version": _text(body, "version") or VERSION}
    identity = _text(body, "policy_id")
    if identity:
        found["Id"] = identity
    statements = [_statement(one) for one in _blocks(body, "statement")]
    if statements:
        found["Statement"] = statements
    return found


def _blocks(body: EvaluatedBody, kind: str) -> Iterable[EvaluatedBody]:
    for one in body.blocks(kind):
        if isinstance(one, Unknown):
            raise _Undecided(one)
        yield one


def _statement(body: EvaluatedBody) -> dict[str, Any]:
    found: dict[str, Any] = {"Sid": _text(body, "sid"), "Effect": _text(body, "effect") or "Allow"}
    for name, argument in _LISTS:
        # The provider sorts sets backwards.
        found[name] = _shortened(sorted(set(_texts(body, argument)), reverse=True))
    found["Principal"] = _principals(body, "principals")
    found["NotPrincipal"] = _principals(body, "not_principals")
    found["Condition"] = _conditions(body)
    return {name: value for name, value in found.items() if value}


def _principals(body: EvaluatedBody, kind: str) -> Any:
    found: dict[str, list[str]] = {}
    for one in _blocks(body, kind):
        found.setdefault(_text(one, "type"), []).extend(_texts(one, "identifiers"))
    if found == {"*": ["*"]}:
        return "*"
    return {name: _shortened(sorted(set(found[name]), reverse=True)) for name in sorted(found)}


def _conditions(body: EvaluatedBody) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for one in _blocks(body, "condition"):
        found.setdefault(_text(one, "test"), {})[_text(one, "variable")] = _shortened(_texts(one, "values"))
    return {test: dict(sorted(found[test].items())) for test in sorted(found)}


def _shortened(texts: list[str]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else texts


def _value(body: EvaluatedBody, name: str) -> Value | None:
    value = body.value(name)
    cause = first_unknown(value) if value is not None else None
    if cause is not None:
        raise _Undecided(cause)
    return value


def _text(body: EvaluatedBody, name: str) -> str:
    value = _value(body, name)
    return _plain(value) if value is not None else ""


def _texts(body: EvaluatedBody, name: str) -> list[str]:
    value = _value(body, name)
    return [_plain(one) for one in value.items] if value is not None else []


def _plain(value: Value) -> str:
    if value.content is None or isinstance(value.content, (tuple, Mapping)):
        return ""
    from guard.terraform.conversion import convert

    # IAM's variables (`${aws:username}`) are written with `&` because `$` would be Terraform's.
    return as_text(convert(value, STRING)).replace("&{", "${")

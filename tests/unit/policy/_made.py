"""Hand-made resources, rules and projects for the tests of judging."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from guard.discover import modules, one
from guard.model.finding import Finding, Severity, UnknownFact
from guard.model.instance import Call
from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.price import CostLine, Estimate, Price
from guard.model.resource import Compute, Label, Labels, Purpose, Resource
from guard.model.rule import Context, Project, Rule
from guard.model.value import Absent, Known, Unknown, Value
from guard.policy.judging import Judgement, judge
from guard.policy.model import Policy, RuleEntry
from guard.prices.book import open_book

TODAY = date(2026, 6, 1)


def at(line: int, path: str = "main.tf", column: int = 1, length: int = 5) -> Location:
    return Location(path, Span(line, column, line, column + length))


def resource(
    address: str = "aws_instance.a",
    *,
    line: int = 1,
    path: str = "main.tf",
    labels: Mapping[str, Value[str]] | None = None,
    unknown_labels: tuple[Unknown, ...] = (),
    region: Value[str] | None = None,
    purpose: Purpose = Purpose.UNKNOWN,
    platform: str = "aws",
    calls: tuple[Call, ...] = (),
    compute: tuple[Compute, ...] = (),
    **more: Any,
) -> Resource:
    here = at(line, path)
    return Resource(
        address=address,
        type=address.rpartition(".")[0].rpartition(".")[2] or "aws_instance",
        platform=platform,
        origin="terraform",
        location=here,
        labels=Labels(here, {key: Label(value, "resource") for key, value in (labels or {}).items()}, unknown_labels),
        region=region or Absent(here),
        zone=Absent(here),
        body=Node({}, here),
        purpose=purpose,
        calls=calls,
        compute=compute,
        **more,
    )


def known(text: str, line: int = 1, path: str = "main.tf") -> Known[str]:
    return Known(text, at(line, path))


def unknown(reason: str = "var.x has no value", line: int = 1) -> Unknown:
    return Unknown(reason, at(line))


def costing(address: str, low: str, high: str, open_ended: bool = False) -> Estimate:
    def price(amount: str) -> Price:
        return Price("aws", "x", "us-east-1", "month", Decimal(amount), "on_demand", "test", "2026-01-01")

    one = Decimal(1)
    return Estimate(address, (CostLine("machines", "month", one, price(high), one, price(low)),), (), open_ended)


def project(*resources: Resource, estimates: tuple[Estimate, ...] = ()) -> Project:
    return Project(resources, {one.address: one for one in estimates}, open_book())


class NoOptions(BaseModel, extra="forbid", frozen=True):
    """None."""


def rule(
    name: str = "bad-thing", message: str = "bad", per: str = "resource", where: int | None = None
) -> Rule[NoOptions]:
    """Return a rule that finds `message` in every resource, at the resource or at one line for all."""

    def check(context: Context[NoOptions]) -> Iterator[Finding | UnknownFact]:
        place = at(where) if where is not None else context.resource.location
        yield context.finding(place, message, attribute="x")

    return Rule(name, Severity.ERROR, NoOptions, check, "Bad.", (), (), per=per)


def entry(name: str = "bad-thing", **more: Any) -> RuleEntry:
    return RuleEntry(name, at(1, "guard.yaml"), options=NoOptions(), **more)


def judged(
    policy: Policy,
    judged_project: Project,
    *rules: Rule[Any],
    texts: Mapping[str, str] | None = None,
    today: date = TODAY,
    base: Project | None = None,
) -> Judgement:
    named = {one.name: one for one in rules}
    return judge(policy, judged_project, named, rule_names=tuple(named), texts=texts or {}, today=today, base=base)


def find_rule(name: str) -> Rule[Any] | None:
    return one("guard.rules", name, "RULE", Rule)


def rule_names() -> tuple[str, ...]:
    return tuple(name.replace("_", "-") for name in modules("guard.rules"))

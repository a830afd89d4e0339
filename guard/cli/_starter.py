"""The policy that `guard init` writes: what guard saw, what it would find, and where to go from there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, Decimal

from guard import engine
from guard.cli._checking import today
from guard.inputs.memory import MemoryTree
from guard.model.price import Total, total
from guard.model.resource import Resource
from guard.model.rule import Project
from guard.model.value import Known
from guard.policy import packs
from guard.policy._written import flow
from guard.policy.model import PolicySource
from guard.reports._words import count, dollars, printable
from guard.request import Request

# Keys that say what a thing is and not whose cost it is.
NOT_FOR_COST = frozenset({"name", "app", "component", "version", "tier", "release", "chart", "heritage", "role"})
ENVIRONMENT = ("environment", "env", "stage")
USUAL = ("owner", "cost-center")
ASIDE = ("examples", "example", "test", "tests", "testdata", "fixtures")
MOST_KEYS, MOST_VALUES, MOST_LISTED = 5, 6, 8
HEADROOM = Decimal("1.1")


def starter(request: Request, project: Project) -> str:
    """Return the text of a policy that fits what was read; it holds what would be found as a comment."""
    text = "\n".join(_lines(request, project)) + "\n"
    return text + "\n".join(_found(request, project, text)) + "\n"


def _lines(request: Request, project: Project) -> Iterator[str]:
    yield "# A policy to start from, written by `guard init` after looking at this repository:"
    yield from (f"#   {line}" for line in _seen(project))
    yield "# `guard rules` lists the rules, `guard explain RULE` tells about one, `guard packs` shows what a pack runs."
    yield ""
    yield f"extends: [{packs.DEFAULT}]"
    aside = _aside(request)
    if aside:
        yield ""
        yield "# What is not deployed is not judged."
        yield f"where: {{not: {flow(tuple(f'**/{name}/**' for name in aside), '')}}}"
    yield ""
    yield "rules:"
    yield from _tags(project.resources)
    yield from _regions(project.resources)
    yield from _budget(project)
    yield from _locality(project.resources)


def _seen(project: Project) -> Iterator[str]:
    platforms = Counter(one.platform for one in project.resources)
    named = ", ".join(f"{printable(name)} ({number})" for name, number in platforms.most_common(MOST_LISTED))
    yield f"{count(len(project.resources), 'resource')}{': ' + named if named else ''}"
    cost = total(project.estimates)
    if cost.high:
        yield f"about {dollars(cost.high)}{' or more' if cost.open_ended else ''} a month"
    for name, values in (("regions", _known_regions(project.resources)), ("environments", _environments(project))):
        if values:
            yield f"{name}: {', '.join(printable(one) for one in values[:MOST_LISTED])}"


def _aside(request: Request) -> tuple[str, ...]:
    own = {part for directory in request.directories for part in directory.split("/")}
    folders = {part for path in request.tree.paths() if request.judges(path) for part in path.split("/")[:-1]}
    return tuple(name for name in ASIDE if name in folders - own)


def _taggable(resources: Iterable[Resource]) -> list[Resource]:
    return [one for one in resources if one.labels.taggable and (one.compute or one.storage or one.fees or one.serving)]


def _tags(resources: Sequence[Resource]) -> Iterator[str]:
    asked = _taggable(resources)
    used = Counter(key for one in asked for key in one.labels.entries if _for_cost(key))
    keys = [key for key, number in used.most_common() if number * 3 >= len(asked)][:MOST_KEYS]
    yield "  # Whose cost it is. null takes any value; write a list, or a regular expression, to be stricter."
    if used:
        common = ", ".join(f"{printable(key)} ({number})" for key, number in used.most_common(MOST_LISTED))
        yield f"  # In use on the {count(len(asked), 'resource')} that cost: {common}."
    yield "  - rule: missing-tag"
    yield "    severity: warning"
    yield "    options:"
    yield "      required:"
    for key in keys or USUAL:
        yield f"        {flow(key)}: {flow(_values(key, asked))}"


def _for_cost(key: str) -> bool:
    return "/" not in key and key.casefold() not in NOT_FOR_COST and key.isprintable()


def _values(key: str, resources: Iterable[Resource]) -> tuple[str, ...] | None:
    """Return the values of an environment's key; whose cost something is is not for the repository to close."""
    if key.casefold() not in ENVIRONMENT:
        return None
    labels = [one.labels.entries[key].value for one in resources if key in one.labels.entries]
    known = sorted({one.value for one in labels if isinstance(one, Known)})
    return tuple(known) if 1 < len(known) <= MOST_VALUES and all(one.isprintable() for one in known) else None


def _known_regions(resources: Iterable[Resource]) -> list[str]:
    found = Counter(one.region.value for one in resources if isinstance(one.region, Known))
    return [name for name, _ in found.most_common()]


def _environments(project: Project) -> list[str]:
    labels = [one.labels.environment() for one in project.resources]
    return sorted({one.value for one in labels if isinstance(one, Known)})


def _regions(resources: Iterable[Resource]) -> Iterator[str]:
    regions = [name for name in _known_regions(resources) if name.isprintable()][:MOST_LISTED]
    if not regions:
        return
    yield ""
    yield "  # A rule of your own, in CEL: what runs elsewhere than today needs a second look."
    yield "  # - rule: assert"
    yield "  #   name: known-regions"
    yield f"  #   that: '!has(resource.region) || resource.region in {flow(tuple(regions), chr(34))}'"
    yield "  #   message: this region is new here"


def _budget(project: Project) -> Iterator[str]:
    cost: Total = total(project.estimates)
    if not cost.high:
        return
    yield ""
    yield "# What all of it may cost, in USD a month, and how much one change may add (guard check --base main)."
    yield "budgets:"
    yield "  - name: everything"
    yield f"    monthly: {_rounded(cost.high * HEADROOM)}"
    yield "    increase: {percent: 10}"
    yield "    undecided: warn"


def _rounded(amount: Decimal) -> str:
    """Return an amount rounded up to two digits."""
    step = Decimal(1).scaleb(max(amount.adjusted() - 1, 0))
    return f"{(amount / step).to_integral_value(ROUND_CEILING) * step:f}"


def _locality(resources: Iterable[Resource]) -> Iterator[str]:
    """Yield where data lives whose region nothing tells, for the reader to fill in."""
    links = [link for one in resources for link in one.data]
    unplaced = [one.uri.value for one in links if isinstance(one.uri, Known) and not isinstance(one.region, Known)]
    buckets = {"/".join(uri.split("/")[:3]) for uri in unplaced if "://" in uri and uri.isprintable()}
    if not buckets:
        return
    yield ""
    yield "# Where data lives that this repository does not say; without it no transfer cost can be told."
    yield "# locality:"
    yield from (f"#   {flow(f'{one}/**', chr(34))}: us-east-1" for one in sorted(buckets)[:MOST_LISTED])


def _found(request: Request, project: Project, text: str) -> Iterator[str]:
    """Yield what the policy would find today, as comments."""
    policy, problems = engine.load_policy((PolicySource("guard.yaml", text),), MemoryTree({}))
    report = engine.check(request, policy, problems, project.prices, today())
    found = Counter(one.rule for one in report.findings)
    yield ""
    yield "# What it finds today:" if found else "# It finds nothing today."
    yield from (f"#   {rule}: {number}" for rule, number in sorted(found.items()))
    if report.unknowns:
        yield f"# {count(len(report.unknowns), 'fact')} cannot be decided from the text: guard check -v"

"""The cost as the JSON that Infracost 0.10 writes (version "0.2"), for policies and comments that were written for it.

Facts of the format: Infracost's `schema/infracost.schema.json` and `testdata/diff_with_compare_to_format_json`. Where
guard knows a range, the numbers are its high end; the low end, and what has no place in the format, stands in each
resource's `metadata.guard`. What a node pool of the repository pays for is counted with the pool only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from guard.model.price import HOURS_PER_MONTH, CostLine, Estimate, Unpriced
from guard.model.report import Report, Reporter, ReportOptions
from guard.model.resource import Resource
from guard.model.value import Known
from guard.reports import _shapes
from guard.reports._changes import Costs
from guard.reports._infracost_difference import difference

_VERSION = "0.2"
_NEVER = "0001-01-01T00:00:00Z"
"""The time that Infracost, being written in Go, writes where it knows none."""
_ROOT_VOLUME = {"root volume": "root_block_device"}


def render(report: Report, options: ReportOptions) -> str:
    """Return the cost of the report as one JSON object."""
    base = Costs(report.base.resources, report.base.estimates) if report.base else None
    return document(Costs(report.resources, report.estimates), base, report.day)


def document(now: Costs, base: Costs | None, day: str) -> str:
    """Return the JSON of what is and, where there is a base, of what was and what changes; `day` is that of the run."""
    present = _breakdown(now)
    past = _breakdown(base or Costs((), {}))
    diff = difference(present, past)
    project = {
        "name": "guard",
        "displayName": "",
        "metadata": {"path": ".", "type": "terraform_dir", "vcsCodeChanged": base is not None},
        "pastBreakdown": past,
        "breakdown": present,
        "diff": diff,
        "summary": _summary(now),
    }
    return _shapes.write(
        {
            "version": _VERSION,
            "metadata": _metadata(base is not None),
            "currency": "USD",
            "projects": [project],
            **_totals("total", present),
            **_totals("pastTotal", past),
            **_totals("diffTotal", diff),
            "timeGenerated": f"{day}T00:00:00Z" if day else _NEVER,
            "summary": _summary(now),
        }
    )


def _metadata(compared: bool) -> dict[str, Any]:
    return {
        "infracostCommand": "diff" if compared else "breakdown",
        "vcsBranch": "",
        "vcsCommitSha": "",
        "vcsCommitAuthorName": "",
        "vcsCommitAuthorEmail": "",
        "vcsCommitTimestamp": _NEVER,
        "vcsCommitMessage": "",
    }


def _totals(prefix: str, breakdown: Mapping[str, Any]) -> dict[str, Any]:
    ends = ("HourlyCost", "MonthlyCost", "MonthlyUsageCost")
    return {f"{prefix}{end}": breakdown[f"total{end}"] for end in ends}


def _breakdown(costs: Costs) -> dict[str, Any]:
    whole = costs.total()
    made = [_resource(one, costs.estimates[one.address], costs) for one in _known(costs)]
    used = sum((_usage(costs.estimates[one.address], costs) for one in _known(costs)), Decimal(0))
    return {
        "resources": [one for one in made if one["costComponents"] or one.get("subresources")],
        "freeResources": [one for one in made if not one["costComponents"] and not one.get("subresources")],
        "totalHourlyCost": _hourly(whole.high),
        "totalMonthlyCost": _shapes.exact(whole.high),
        "totalMonthlyUsageCost": _shapes.exact(used),
    }


def _known(costs: Costs) -> Iterable[Resource]:
    return (one for one in costs.resources if one.address in costs.estimates)


def _resource(resource: Resource, estimate: Estimate, costs: Costs) -> dict[str, Any]:
    own = [line for line in estimate.lines if line.within not in costs.estimates]
    open_ = [one for one in estimate.unpriced if one.within not in costs.estimates]
    monthly = sum((line.monthly for line in own), Decimal(0))
    plain = [line for line in own if not _part(line)]
    parts = dict.fromkeys(_part(line) for line in own if _part(line))
    made: dict[str, Any] = {
        "name": resource.address,
        "resourceType": resource.type,
        "tags": _tags(resource),
        "metadata": _place(resource, estimate, own, costs),
        "hourlyCost": _hourly(monthly) if own else None,
        "monthlyCost": _shapes.exact(monthly) if own else None,
        "costComponents": [*(_component(line, line.name) for line in plain), *(_missing(one) for one in open_)],
    }
    if parts:
        made["subresources"] = [_subresource(part, [one for one in own if _part(one) == part]) for part in parts]
    return made


def _part(line: CostLine) -> str:
    """Return the part of the resource that a line is of (`root volume`), "" where it is of the resource itself."""
    part, separator, _ = line.name.partition(": ")
    return part if separator else ""


def _subresource(part: str, lines: Sequence[CostLine]) -> dict[str, Any]:
    monthly = sum((line.monthly for line in lines), Decimal(0))
    return {
        "name": _ROOT_VOLUME.get(part, part),
        "metadata": {},
        "hourlyCost": _hourly(monthly),
        "monthlyCost": _shapes.exact(monthly),
        "costComponents": [_component(line, line.name.partition(": ")[2]) for line in lines],
    }


def _component(line: CostLine, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "unit": _unit(line.unit),
        "hourlyQuantity": _hourly(line.quantity),
        "monthlyQuantity": _shapes.exact(line.quantity),
        "price": _shapes.exact(line.price.amount),
        "hourlyCost": _hourly(line.monthly),
        "monthlyCost": _shapes.exact(line.monthly),
        "usageBased": _by_use(line),
        "priceNotFound": False,
    }


def _missing(one: Unpriced) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit": "",
        "hourlyQuantity": None,
        "monthlyQuantity": None,
        "price": "0",
        "hourlyCost": None,
        "monthlyCost": None,
        "usageBased": "depends on use" in one.reason,
        "priceNotFound": True,
    }


def _unit(unit: str) -> str:
    """Return Infracost's word for a unit: `hours`; a month is not said."""
    return "hours" if unit == "hour" else unit.removesuffix("-month")


def _by_use(line: CostLine) -> bool:
    return line.unit in ("GB", "GiB") or line.unit.endswith("-requests")


def _usage(estimate: Estimate, costs: Costs) -> Decimal:
    lines = [line for line in estimate.lines if line.within not in costs.estimates]
    return sum((line.monthly for line in lines if _by_use(line)), Decimal(0))


def _tags(resource: Resource) -> dict[str, str]:
    return {key: one.value.value for key, one in resource.labels.entries.items() if isinstance(one.value, Known)}


def _place(resource: Resource, estimate: Estimate, own: Sequence[CostLine], costs: Costs) -> dict[str, Any]:
    place = resource.location
    return {
        "filename": place.path,
        "startLine": place.line,
        "endLine": place.span.end_line,
        "calls": [
            {
                "blockName": call.module,
                "filename": call.location.path,
                "startLine": call.location.line,
                "endLine": call.location.span.end_line,
            }
            for call in resource.calls
        ],
        "guard": {
            "lowMonthlyCost": _shapes.exact(sum((line.low_monthly for line in own), Decimal(0))),
            "openEnded": any(one.within not in costs.estimates for one in estimate.unpriced),
            "runsOn": [one for one in estimate.within if one in costs.estimates],
            "assumptions": list(dict.fromkeys(line.assumption for line in own if line.assumption)),
            "unpriced": [one.reason for one in estimate.unpriced if one.within not in costs.estimates],
        },
    }


def _summary(costs: Costs) -> dict[str, Any]:
    without = [one for one in _known(costs) if _open(costs.estimates[one.address], costs)]
    unsupported = Counter(one.type for one in without if "no price model" in one.unpriced)
    missing = Counter(one.type for one in without if "no price model" not in one.unpriced)
    every = len(costs.resources)
    used = sum(_usage(costs.estimates[one.address], costs) > 0 for one in _known(costs))
    return {
        "totalDetectedResources": every,
        "totalSupportedResources": every - sum(unsupported.values()),
        "totalUnsupportedResources": sum(unsupported.values()),
        "totalUsageBasedResources": used,
        "totalNoPriceResources": sum(missing.values()),
        "unsupportedResourceCounts": dict(sorted(unsupported.items())),
        "noPriceResourceCounts": dict(sorted(missing.items())),
    }


def _open(estimate: Estimate, costs: Costs) -> bool:
    return any(one.within not in costs.estimates for one in estimate.unpriced)


def _hourly(monthly: Decimal) -> str:
    return _shapes.exact((monthly / HOURS_PER_MONTH).normalize())


REPORTER = Reporter("infracost", "the cost as Infracost 0.10 writes it", render)

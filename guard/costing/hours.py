"""How many hours a month something runs: all 730, what is declared, or its runs times their longest time."""

from __future__ import annotations

from decimal import Decimal

from guard.costing.parts import ONE, ZERO, Quantity, amount
from guard.costing.schedules import runs_per_month
from guard.model.price import HOURS_PER_MONTH
from guard.model.resource import Compute, Resource, Training
from guard.model.rounding import rounded
from guard.model.value import Absent, Known, Unknown, first

_HUNDREDTH = Decimal("0.01")


def running_hours(compute: Compute, resource: Resource) -> Quantity:
    """Return hours a month for each machine of `compute`."""
    declared = amount(compute.hours_per_month)
    if isinstance(declared, Decimal):
        return Quantity(declared, declared, (f"it runs {declared:f} hours a month",))
    if isinstance(declared, str):
        return Quantity(ZERO, HOURS_PER_MONTH, (f"hours a month are not known ({declared}): from none to all",))
    training = resource.training
    limit = first(compute.max_runtime_hours, training.max_runtime_hours) if training else compute.max_runtime_hours
    runtime = amount(limit)
    if isinstance(runtime, Decimal):
        return _runs(runtime, training)
    if isinstance(runtime, str):
        note = f"the longest runtime is not known ({runtime}): from none to all of a month"
        return Quantity(ZERO, HOURS_PER_MONTH, (note,))
    notes = ("no longest runtime is written: a full month is taken",) if training else ()
    return Quantity(HOURS_PER_MONTH, HOURS_PER_MONTH, notes)


def runs(resource: Resource) -> Decimal | None:
    """Return in how many runs of their longest time a month's hours are spent, None where no such time is known."""
    for compute in resource.compute:
        own = resource.training.max_runtime_hours if resource.training else compute.max_runtime_hours
        limit = amount(first(compute.max_runtime_hours, own))
        if isinstance(limit, Decimal) and limit > 0:
            return running_hours(compute, resource).high / limit
    return None


def _runs(runtime: Decimal, training: Training | None) -> Quantity:
    each = f"of {runtime:f} h, its longest time"
    declared = amount(training.runs_per_month) if training else None
    if isinstance(declared, Decimal):
        return _times(declared, runtime, each)
    schedule = training.schedule if training else None
    if training is None or schedule is None or isinstance(schedule, Absent):
        note = f"one run a month {each}"
        triggered = training is not None and isinstance(training.trigger, (Known, Unknown))
        return Quantity(runtime, runtime, (note,), "how often it is triggered is not known" if triggered else "")
    if isinstance(schedule, Unknown):
        return Quantity(runtime, runtime, (f"one run a month {each}",), f"its schedule is not known: {schedule.reason}")
    runs = runs_per_month(schedule.value)
    if runs is None:
        missing = f"the schedule {schedule.value!r} does not say how often it runs"
        return Quantity(runtime, runtime, (f"one run a month {each}",), missing)
    return _times(runs, runtime, each)


def _times(runs: Decimal, runtime: Decimal, each: str) -> Quantity:
    shown = f"{rounded(runs, _HUNDREDTH).normalize():f}"
    total = runs * runtime
    return Quantity(total, total, (f"{shown} {'run' if runs == ONE else 'runs'} a month {each}",))

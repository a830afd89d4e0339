"""`guard tco`: what the machines cost over years, rented in three ways, owned, or owned and rented."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import guard.costing
from guard import engine
from guard.cli import _arguments, _inputs, _options
from guard.cli._problems import told
from guard.cli._usage import UsageError
from guard.costing.ownership import Machines, Ownership, Server, Way, machines, ways
from guard.model.command import Command
from guard.model.node import Node
from guard.model.rounding import rounded
from guard.model.value import Known, Unknown
from guard.prices.book import open_book
from guard.reports import _shapes
from guard.reports._words import dollars, printable

DEFAULT = "ownership.yaml"
FIGURES = ("lifetime_years", "residual_percent", "network_percent", "support_percent_per_year", "power_percent", "pue",
           "usd_per_kwh", "hosting_usd_per_kw_month", "staff_usd_per_year")  # fmt: skip
MOST_YEARS = Decimal(20)
HUNDRED = Decimal(100)


class Stated(NamedTuple):
    """The assumptions, and each as it is to be told: name, value and source."""

    owning: Ownership
    told: tuple[tuple[str, str, str], ...]


def arguments(parser: ArgumentParser) -> None:
    """Declare the options of `guard tco`."""
    _arguments.add_inputs(parser)
    _arguments.add_policy(parser)
    _arguments.add_prices(parser)
    parser.add_argument("--years", default="3", metavar="N", help="over how many years (default 3)")
    parser.add_argument(
        "--assumptions", metavar="FILE", help="what owning costs, in place of the figures that come along"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")


def run(options: Namespace) -> int:
    """Print the comparison; 2 where a problem kept something from being read, else 0."""
    years = _years(options.years)
    stated = _assumptions(options.assumptions)
    chosen = _inputs.selection(options)
    policy, problems = _options.policy(options, chosen)
    prices = open_book(options.prices)
    understood = engine.understand(_options.with_facts(_inputs.request(options, chosen), policy), prices)
    project = engine.price(understood, prices)
    every = machines(project.resources, project.estimates, prices)
    found = ways(every, stated.owning, years, prices) if every else ()
    write = _as_json if options.format == "json" else _as_text
    sys.stdout.write(write(every, found, stated, years))
    return told((*problems, *understood.problems))


def _years(written: str) -> Decimal:
    if not (written.isascii() and written.replace(".", "", 1).isdecimal() and len(written) < 6):
        raise UsageError(f"--years {written}: write a number of years, such as 3")
    years = Decimal(written)
    if not 0 < years <= MOST_YEARS:
        raise UsageError(f"--years {written}: write a number above 0 and up to {MOST_YEARS}")
    return years


def _assumptions(written: str | None) -> Stated:
    """Return the assumptions of a file, or those that come along. Raises UsageError for a figure that is missing."""
    from guard.formats.yaml import parse

    path = Path(written) if written else Path(guard.costing.__file__).parent / DEFAULT
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--assumptions {path}: cannot be read ({error})") from None
    document = parse(path.name, text)
    if document.problems or len(document.roots) != 1:
        reason = document.problems[0].message if document.problems else "it holds no single document"
        raise UsageError(f"--assumptions {path}: {reason}")
    root = document.roots[0]
    figure = {name: _figure(root, path, name, "value") for name in FIGURES}
    servers = tuple(_server(one, path) for one in root.items("servers"))
    if figure["lifetime_years"] <= 0:
        raise UsageError(f"--assumptions {path}: lifetime_years must be above 0")
    owning = Ownership(
        servers=servers,
        lifetime_years=figure["lifetime_years"],
        residual=figure["residual_percent"] / HUNDRED,
        network=figure["network_percent"] / HUNDRED,
        support=figure["support_percent_per_year"] / HUNDRED,
        power_share=figure["power_percent"] / HUNDRED,
        pue=figure["pue"],
        usd_per_kwh=figure["usd_per_kwh"],
        hosting_usd_per_kw_month=figure["hosting_usd_per_kw_month"],
        staff_usd_per_year=figure["staff_usd_per_year"],
    )
    told = [(name, f"{figure[name].normalize():f}", _source(root, path, name)) for name in FIGURES]
    for node, server in zip(root.items("servers"), servers, strict=True):
        what = f"{server.count.normalize():f} x {' or '.join(server.accelerators)}"
        value = f"{dollars(server.usd)}, {server.kw.normalize():f} kW"
        told.append((f"server with {what}", value, _source(node, path)))
    return Stated(owning, tuple(told))


def _figure(node: Node, path: Path, *steps: str) -> Decimal:
    value = node.number(*steps)
    if isinstance(value, Known) and value.value >= 0:
        return value.value
    line = value.location.line
    wanted = ".".join(steps)
    reason = value.reason if isinstance(value, Unknown) else "it must be a number of 0 or more"
    raise UsageError(f"--assumptions {path}:{line}: {wanted}: {reason}")


def _server(node: Node, path: Path) -> Server:
    names = tuple(one.value for each in node.items("accelerators") if isinstance(one := each.text(), Known))
    count = _figure(node, path, "count")
    if not names or not count:
        raise UsageError(f"--assumptions {path}:{node.location.line}: a server needs accelerators and a count above 0")
    return Server(names, count, _figure(node, path, "usd"), _figure(node, path, "kw"))


def _source(node: Node, path: Path, *steps: str) -> str:
    """Return where a figure is from. Raises UsageError without one: a figure from nowhere is nobody's to check."""
    source = node.text(*steps, "source")
    if isinstance(source, Known) and source.value.strip():
        return " ".join(source.value.split())
    name = ".".join(steps) or "the server"
    raise UsageError(f"--assumptions {path}:{source.location.line}: {name} needs a source")


def _as_json(every: Sequence[Machines], found: Sequence[Way], stated: Stated, years: Decimal) -> str:
    return _shapes.write(
        {
            "version": 1,
            "currency": "USD",
            "years": str(years),
            "machines": [
                {
                    "provider": one.provider,
                    "sku": one.sku,
                    "region": one.region,
                    "hours_per_month": {"low": str(one.least_hours), "high": str(one.hours)},
                    "always_on": str(one.least),
                    "at_once": str(one.peak),
                }
                for one in every
            ],
            "ways": [
                {
                    "name": one.name,
                    "total": None if one.missing else _shapes.cents(one.total),
                    "items": [{"name": name, "amount": _shapes.cents(amount)} for name, amount in one.items],
                    "missing": one.missing or None,
                }
                for one in found
            ],
            "assumptions": [{"name": name, "value": value, "source": source} for name, value, source in stated.told],
        }
    )


def _as_text(every: Sequence[Machines], found: Sequence[Way], stated: Stated, years: Decimal) -> str:
    if not every:
        return "no machines with a price by the hour: there is nothing to compare\n"
    lines = [f"Machines over {years.normalize():f} years, at the high end of each range (storage and network aside):"]
    for one in every:
        hours = f"{rounded(one.hours, '1'):f} machine hours a month"
        lines.append(f"   {one.sku} in {one.region}: {hours}, up to {one.peak:f} at once, {one.least:f} always on")
    cheapest = min((one for one in found if not one.missing), key=lambda one: one.total, default=None)
    lines.append("")
    for way in found:
        lines += _way(way, way is cheapest)
    lines += ["", "Taken for granted about owning (set your own with --assumptions FILE):"]
    lines += [f"   {name}: {value} ({printable(source)})" for name, value, source in stated.told]
    return "\n".join(lines) + "\n"


def _way(way: Way, cheapest: bool) -> list[str]:
    if way.missing:
        return [f"   {way.name:<12} not known: {printable(way.missing)}"]
    mark = "*" if cheapest else " "
    lines = [f" {mark} {way.name:<12} {dollars(way.total):>18}"]
    if way.name in ("on-premises", "hybrid"):
        lines += [f"      {name:<28} {dollars(amount):>16}" for name, amount in way.items if amount]
    return lines


COMMAND = Command("tco", "compare renting and owning over years", arguments, run, order=24)

"""`guard prices`: the price book that estimates are made from."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from datetime import UTC, date, datetime

from guard.model.command import Command
from guard.prices.book import ProviderStatus, Shown, open_book
from guard.reports import _shapes
from guard.reports._words import count, printable

OLD_AFTER_DAYS = 180


def arguments(parser: ArgumentParser) -> None:
    """Declare what can be asked of the price book."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    show = actions.add_parser(
        "show", help="every published price of a SKU", description="every published price of a SKU"
    )
    show.add_argument("provider", metavar="PROVIDER", help="aws, google (or gcp), azure")
    show.add_argument(
        "sku", metavar="SKU", help="an instance type, gpu:T4, tpu:v6e, ml.g5.xlarge, ebs:gp3, cluster ..."
    )
    show.add_argument("region", metavar="REGION", nargs="?", default="", help="all regions if none")
    show.set_defaults(act=_show)
    status = actions.add_parser("status", help="rows, regions and age of the prices of each provider")
    status.set_defaults(act=_status)
    for action in (show, status):
        action.add_argument("--prices", metavar="FILE", help="a price book in place of the one that comes with guard")
        action.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")


def run(options: Namespace) -> int:
    """Do what was asked and return the exit status: 2 where the book has no such price."""
    status: int = options.act(options)
    return status


def _show(options: Namespace) -> int:
    found = open_book(options.prices).show(options.provider, options.sku, options.region)
    if options.format == "json":
        sys.stdout.write(_shapes.write([_price(one) for one in found]))
    elif found:
        sys.stdout.write("".join(f"{line}\n" for line in _table([_row(one) for one in found])))
    if not found:
        where = f" in {options.region}" if options.region else ""
        asked = printable(f"{options.provider} {options.sku}{where}")
        print(f"guard: the price book has no price of {asked}", file=sys.stderr)
    return 0 if found else 2


def _status(options: Namespace) -> int:
    book = open_book(options.prices)
    today = datetime.now(UTC).date()
    if options.format == "json":
        providers = [asdict(one) for one in book.status()]
        sys.stdout.write(_shapes.write({"as_of": book.as_of(), "providers": providers}))
        return 0
    for one in book.status():
        print(_told(one))
    days = (today - date.fromisoformat(book.as_of())).days
    old = f", which is more than {OLD_AFTER_DAYS}" if days > OLD_AFTER_DAYS else ""
    print(f"newest on-demand prices of instance types: {book.as_of()} ({count(days, 'day')} old){old}")
    return 0


def _told(one: ProviderStatus) -> str:
    return f"{one.provider}: {one.prices:,} prices in {count(one.regions, 'region')}, from {one.oldest} to {one.newest}"


def _price(shown: Shown) -> dict[str, str]:
    one = shown.price
    return {
        "service": shown.service,
        "provider": one.provider,
        "sku": one.sku,
        "region": one.region,
        "unit": one.unit,
        "amount": _shapes.exact(one.amount),
        "currency": one.currency,
        "purchase": one.purchase,
        "payment": one.payment,
        "source": one.source,
        "as_of": one.as_of,
    }


def _row(shown: Shown) -> tuple[str, ...]:
    one = shown.price
    name, bought = f"{shown.service} {one.sku}".strip(), f"{one.purchase} {one.payment}".strip()
    return (name, one.region, f"{_shapes.exact(one.amount)} USD", one.unit, bought, one.source, one.as_of or "undated")


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


COMMAND = Command("prices", "show prices and how old they are", arguments, run, order=60)

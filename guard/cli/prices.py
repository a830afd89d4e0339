"""`guard prices`: the price book that estimates are made from."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime

from guard.cli._usage import UsageError
from guard.discover import modules, one
from guard.model.command import Command
from guard.model.price import OLD_AFTER_DAYS
from guard.prices.book import Book, ProviderStatus, Shown, open_book
from guard.prices.schema import provider_name, region_name
from guard.reports import _shapes
from guard.reports._words import count, printable


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
        action.add_argument(
            "--prices", metavar="FILE", help="the one price book to use; `embedded` is the one that comes with guard"
        )
        action.add_argument("--format", choices=["text", "json"], default="text", help="how to tell it")

    update = actions.add_parser(
        "update",
        help="ask a provider for its prices and write them to your own price book",
        description="ask a provider's own API for its prices and write them to your own price book",
    )
    update.add_argument("provider", metavar="PROVIDER", help="aws, google (or gcp), azure")
    update.add_argument("--region", metavar="REGION", action="append", default=[], help="only this region; repeatable")
    update.add_argument("--force", action="store_true", help="write prices even where they do not look plausible")
    update.set_defaults(act=_update)


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
    found = book.status()
    if options.format == "json":
        providers = [asdict(each) | {"age_days": _age(each.as_of, today)} for each in found]
        sys.stdout.write(_shapes.write({"as_of": book.as_of(), "providers": providers}))
    else:
        for each in found:
            print(_told(each, today))
    for line in _warnings(book, found, today):
        print(f"guard: {line}", file=sys.stderr)
    return 0


def _told(each: ProviderStatus, today: date) -> str:
    """Return one line: how much a book has of a provider, and how old its newest list price of a machine is."""
    age = _age(each.as_of, today)
    old = "" if age is None else f"; newest on-demand prices {each.as_of} ({count(age, 'day')} old)"
    held = f"{each.prices:,} prices in {count(each.regions, 'region')}, from {each.oldest} to {each.newest}"
    return printable(f"{each.provider}: {held}{old} [{each.book}]")


def _warnings(book: Book, found: tuple[ProviderStatus, ...], today: date) -> list[str]:
    ages = {each.provider: _age(book.as_of(each.provider), today) for each in found}
    return [
        f"the prices of {provider} are {count(age, 'day')} old: `guard prices update {provider}` asks for new ones"
        for provider, age in sorted(ages.items())
        if age is not None and age > OLD_AFTER_DAYS
    ]


def _age(as_of: str, today: date) -> int | None:
    return (today - date.fromisoformat(as_of)).days if as_of else None


def _update(options: Namespace) -> int:
    # The updater and the SDKs behind it are needed here only.
    from guard.prices.updating import PriceSource, update

    provider = provider_name(options.provider)
    source = one("guard.prices", provider, "PRICES", PriceSource)
    if source is None:
        known = [name for name in modules("guard.prices") if one("guard.prices", name, "PRICES", PriceSource)]
        raise UsageError(f"no source of prices is called {printable(options.provider)}; known are {', '.join(known)}")
    regions = tuple(dict.fromkeys(region_name(provider, region) for region in options.region))
    progress = _progress()
    try:
        done = update(source, regions, tell=progress, force=options.force)
    finally:
        progress("")
    pages = f"{count(done.fetched, 'page')} asked for, {done.reused} kept from before"
    what = f"{done.prices:,} prices in {count(done.regions, 'region')}, as of {done.as_of}"
    print(f"{provider}: {what} ({pages}) [{done.path}]")
    return 0


def _progress() -> Callable[[str], None]:
    """Return what shows a message in the place of the last one: on a terminal only, nothing goes to a pipe."""
    if not sys.stderr.isatty():
        return lambda _: None
    width = max(shutil.get_terminal_size().columns - 1, 20)

    def show(message: str) -> None:
        sys.stderr.write(f"\r\x1b[K{printable(message)[:width]}")
        sys.stderr.flush()

    return show


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

"""Updates the user's price book of one provider: all of it, or nothing at all."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from guard.model.price import BookError, Specs
from guard.prices._pages import Pages
from guard.prices._plausibility import objections
from guard.prices._source import Asked, PriceSource, UpdateError
from guard.prices._store import Store
from guard.prices.places import EMBEDDED, own_directory
from guard.prices.writing import Facts, PriceFact, SpecsFact, write_book

__all__ = ["PriceSource", "UpdateError", "Updated", "update"]


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did: how many prices of how many regions it wrote to `path`, and how many pages it asked for or
    had kept from an update that failed."""

    path: Path
    prices: int
    regions: int
    as_of: str
    fetched: int
    reused: int


def update(
    source: PriceSource,
    regions: tuple[str, ...] = (),
    *,
    tell: Callable[[str], None] = lambda _: None,
    force: bool = False,
    now: datetime | None = None,
) -> Updated:
    """Ask `source` for its prices (of `regions`, or of all) and write the user's price book of that provider.

    Prices of other regions stay as they are. `force` accepts prices that are not plausible. Raises UpdateError, or
    BookError, where it fails; the book that was there is then untouched, and what was fetched is used next time.
    """
    directory = own_directory()
    path = directory / f"{source.provider}.sqlite"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with _alone(directory / f"{source.provider}.lock"):
            return _update(source, regions, path, tell, force, now or datetime.now(UTC))
    except OSError as error:
        raise UpdateError(f"the price book {path} cannot be written: {error.strerror or error}") from error


def _update(
    source: PriceSource,
    regions: tuple[str, ...],
    path: Path,
    tell: Callable[[str], None],
    force: bool,
    now: datetime,
) -> Updated:
    old = _old(path)
    pages = Pages(path.with_suffix(".pages"), now)
    asked = Asked(
        regions=regions,
        pages=pages,
        tell=lambda message: tell(f"{message} ({pages.fetched + pages.reused} pages)"),
        machines=_machines(source.provider, old),
        sold=lambda: frozenset().union(*(store.sold(source.provider) for store in _books(old))),
        day=pages.began.date(),
    )
    facts = _fetched(source, asked)
    known = {one.region for one in facts.prices}
    missing = sorted(set(regions) - known)
    if missing:
        pages.drop()
        raise UpdateError(f"{source.name} has no prices for {', '.join(missing)}; is it spelt as {source.name} does?")
    against = objections(facts.prices, _before(source.provider, old, regions))
    if against and not force:
        # Asked again, the provider may answer better; what it said now is not worth keeping.
        pages.drop()
        raise UpdateError(
            f"the prices that {source.name} gave are not plausible, the price book is left as it was: "
            f"{'; '.join(against)}. If that is right, say --force"
        )
    merged = _merged(source.provider, facts, old, regions)
    _write(path, merged)
    pages.drop()
    book = Store(path)
    return Updated(path, len(facts.prices), len(known), book.newest(source.provider), pages.fetched, pages.reused)


def _fetched(source: PriceSource, asked: Asked) -> Facts:
    pages = asked.pages
    try:
        return source.fetch(asked)
    except BookError as error:
        got = pages.fetched + pages.reused
        if not got:
            pages.drop()
            raise
        kept = f"{got} pages are kept for 24 hours: the same command goes on from there"
        raise UpdateError(f"{error}; the price book is left as it was, and {kept}") from error


def _old(path: Path) -> Store | None:
    """Return the user's book, None where there is none or none that this version can read."""
    store = Store(path)
    try:
        store.meta("schema")
    except BookError:
        return None
    return store


def _books(old: Store | None) -> tuple[Store, ...]:
    return (Store(EMBEDDED), old) if old else (Store(EMBEDDED),)


def _machines(provider: str, old: Store | None) -> tuple[Specs, ...]:
    known = {one.instance_type: one for store in reversed(_books(old)) for one in store.machines(provider)}
    return tuple(known[name] for name in sorted(known))


def _before(provider: str, old: Store | None, regions: tuple[str, ...]) -> Iterator[PriceFact]:
    return (fact for store in _books(old) for fact in store.price_facts(provider, regions))


def _merged(provider: str, facts: Facts, old: Store | None, regions: tuple[str, ...]) -> Facts:
    if old is None or not regions:
        return facts
    kept = [one for one in old.price_facts(provider) if one.region not in regions]
    specs: dict[str, SpecsFact] = {one.instance_type.lower(): one for one in old.specs_facts(provider)}
    specs |= {one.instance_type.lower(): one for one in facts.specs}
    return replace(facts, prices=[*facts.prices, *kept], specs=[specs[name] for name in sorted(specs)])


def _write(path: Path, facts: Facts) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write_book(beside, facts)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except sqlite3.Error as error:
        raise UpdateError(f"the price book {path} cannot be written: {error}") from error
    except ValueError as error:
        raise UpdateError(f"the new prices contradict each other: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process, whatever ends it."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpdateError(f"another update of {path.stem} is running; wait for it to end") from error
        yield

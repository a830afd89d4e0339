"""Which machines could serve what is written: named types, shares of them, or those with the accelerator asked for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from guard.costing.parts import ONE, ZERO, amount
from guard.costing.regions import REFERENCE_REGIONS, region_of
from guard.model.price import PriceBook, Specs
from guard.model.resource import Compute, Resource
from guard.model.rounding import rounded
from guard.model.value import Known, Unknown


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's region."""

    provider: str
    region: str


@dataclass(frozen=True, slots=True)
class Machine:
    """A SKU in a place, and how much of it (1 = all) each counted unit takes."""

    place: Place
    sku: str
    share: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Choice:
    """The machines that are possible, or why none is known; `notes` say what was taken for granted."""

    machines: tuple[Machine, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str = ""


def choose(compute: Compute, resource: Resource, prices: PriceBook) -> Choice:
    """Return the machines that `compute` may run on."""
    types = _types(compute)
    places, notes, reason = _places(compute, resource, prices, types)
    if reason:
        return Choice(reason=reason)
    if types:
        found = _shared(compute, types, places, prices) if compute.share else _whole(types, places)
    elif isinstance(compute.accelerator, Known):
        found = _offered(compute, compute.accelerator.value, places, prices)
    else:
        found = Choice(reason=_nothing_known(compute))
    return Choice(found.machines, (*notes, *found.notes), found.reason)


def attached(compute: Compute, choice: Choice, prices: PriceBook) -> Choice | None:
    """Return the accelerators that are sold apart from their machine (Google's N1), None where there are none."""
    if not isinstance(compute.accelerator, Known) or not _types(compute):
        return None
    google = [one for one in choice.machines if one.place.provider == "google"]
    bare = [one for one in google if (specs := prices.specs("google", one.sku)) and not specs.accelerator]
    wanted = amount(compute.accelerator_count)
    if not bare or wanted == ZERO:
        return None
    if isinstance(wanted, str):
        return Choice(reason=f"the number of accelerators is not known: {wanted}")
    sku = f"gpu:{compute.accelerator.value}"
    share = ONE if wanted is None else wanted
    return Choice(tuple(Machine(place, sku, share) for place in dict.fromkeys(one.place for one in bare)))


def _types(compute: Compute) -> tuple[str, ...]:
    written = (compute.instance_type, *compute.other_instance_types)
    names = [one.value for one in written if isinstance(one, Known) and one.value]
    if compute.service == "sagemaker":
        names = [name if name.startswith("ml.") else f"ml.{name}" for name in names]
    return tuple(dict.fromkeys(names))


def _places(
    compute: Compute, resource: Resource, prices: PriceBook, types: tuple[str, ...]
) -> tuple[tuple[Place, ...], tuple[str, ...], str]:
    providers = (compute.provider,) if compute.provider else _providers(prices, types)
    if not providers:
        return (), (), f"no provider is written, and none is known that sells {types[0]}"
    regions = [(one, region_of(one, compute.region, resource.region)) for one in providers]
    places = tuple(Place(one, region.name) for one, region in regions if region.name)
    if not places:
        return (), (), regions[0][1].reason
    if not any(region.note for _, region in regions):
        return places, (), ""
    where = " or ".join(f"{one.provider} {one.region}" for one in places)
    return places, (f"no region is written: prices of {where}",), ""


def _providers(prices: PriceBook, types: tuple[str, ...]) -> tuple[str, ...]:
    if not types:
        return tuple(REFERENCE_REGIONS)
    return tuple(one for one in REFERENCE_REGIONS if any(prices.specs(one, name) for name in types))


def _nothing_known(compute: Compute) -> str:
    for value, what in ((compute.instance_type, "its machine type"), (compute.accelerator, "its accelerator")):
        if isinstance(value, Unknown):
            return f"{what} is not known: {value.reason}"
    if compute.share:
        return "no node type is known, so the price of its share of a node is not known either"
    return "no machine type and no accelerator is written"


def _whole(types: tuple[str, ...], places: tuple[Place, ...]) -> Choice:
    machines = tuple(Machine(place, name) for place in places for name in types)
    notes = (f"any of {', '.join(types)}: from the cheapest to the dearest",) if len(types) > 1 else ()
    return Choice(machines, notes)


def _shared(compute: Compute, types: tuple[str, ...], places: tuple[Place, ...], prices: PriceBook) -> Choice:
    """Return the part of the cheapest type that fits: the largest of its shares of accelerators, CPU and memory."""
    fitting: list[tuple[Decimal, Machine]] = []
    asked = False
    for place in places:
        for name in types:
            specs, band = prices.specs(place.provider, name), prices.compute(place.provider, name, place.region)
            share = _share(compute, specs) if specs else None
            asked = asked or share != ZERO
            if band is not None and share is not None and ZERO < share <= 1:
                fitting.append((band.low.amount, Machine(place, name, share)))
    if not fitting:
        names = ", ".join(types)
        return Choice(
            reason=f"it does not fit on a node of type {names}, or that type has no price"
            if asked
            else f"it requests nothing, so its share of a node of type {names} is not known"
        )
    machine = min(fitting, key=lambda one: (one[0], one[1].sku))[1]
    part = f"{_percent(machine.share)} of {machine.sku}, the largest of its shares of it"
    return Choice((machine,), (part if machine.share < 1 else f"a whole {machine.sku} for each",))


def _share(compute: Compute, specs: Specs) -> Decimal | None:
    """Return the largest share of what is requested, None where something is not known or not there."""
    pairs = (
        (compute.accelerator_count, specs.accelerator_count),
        (compute.vcpu, specs.vcpu),
        (compute.memory_gib, specs.memory_gib),
    )
    largest, apart = ZERO, False
    for requested, there in pairs:
        wanted = amount(requested)
        if isinstance(wanted, str):
            return None
        if not wanted:
            continue
        if there:
            largest = max(largest, wanted / there)
        elif requested is compute.accelerator_count and specs.provider == "google":
            apart = True
        else:
            return None
    # Accelerators that are sold apart do not tell the share; where nothing else does, all of the machine is taken.
    return ONE if apart and largest == ZERO else largest


def _offered(compute: Compute, accelerator: str, places: tuple[Place, ...], prices: PriceBook) -> Choice:
    """Return the types with this accelerator: those with as many as are asked for, or else the share of larger ones."""
    wanted = amount(compute.accelerator_count)
    if isinstance(wanted, str):
        return Choice(reason=f"the number of accelerators is not known: {wanted}")
    if accelerator == "GPU":
        return Choice(reason="which accelerator it takes is not written")
    count = ONE if wanted is None else wanted
    notes = () if wanted is not None else ("no number of accelerators is written: one is taken",)
    if count == 0:
        return Choice(reason=_nothing_known(compute))
    machines: list[Machine] = []
    for place in places:
        offers = [
            (specs, specs.accelerator_count)
            for specs in prices.offers(place.provider, place.region, accelerator)
            if specs.accelerator_count
        ]
        exact = [specs for specs, each in offers if each == count and _fits(compute, specs)]
        if exact and not compute.share:
            machines += [Machine(place, specs.instance_type) for specs in exact]
        else:
            whole = [(specs, each) for specs, each in offers if each >= 1] or offers
            machines += [Machine(place, specs.instance_type, count / each) for specs, each in whole]
    if machines:
        named = f"no machine type is written: from the cheapest to the dearest with {accelerator}"
        return Choice(tuple(machines), (*notes, named))
    return _bare(accelerator, count, places, prices, notes)


def _bare(
    accelerator: str, count: Decimal, places: tuple[Place, ...], prices: PriceBook, notes: tuple[str, ...]
) -> Choice:
    """Return accelerators that have a price of their own and no machine type in the book that brings them."""
    sku = f"{'tpu' if accelerator.startswith('TPU ') else 'gpu'}:{accelerator}"
    machines = tuple(
        Machine(place, sku, count) for place in places if prices.compute(place.provider, sku, place.region)
    )
    if machines:
        note = "" if sku.startswith("tpu:") else "the accelerators alone, without the machine that they are attached to"
        return Choice(machines, (*notes, note))
    where = " or ".join(f"{one.provider} {one.region}" for one in places)
    return Choice(reason=f"there is no price for {accelerator} in {where}")


def _fits(compute: Compute, specs: Specs) -> bool:
    for requested, there in ((compute.vcpu, specs.vcpu), (compute.memory_gib, specs.memory_gib)):
        wanted = amount(requested)
        if isinstance(wanted, Decimal) and there is not None and wanted > there:
            return False
    return True


def _percent(share: Decimal) -> str:
    return f"{rounded(share * 100, '0.01').normalize():f} %"

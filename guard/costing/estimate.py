"""What a resource costs a month: the sum of its facets, each line with its price, quantity and assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guard.costing._usage_keys import usage_notes
from guard.costing.capacity import hosts, pools
from guard.costing.compute import compute_part
from guard.costing.fees import fee_part
from guard.costing.hours import runs
from guard.costing.parts import ZERO, Part, joined, sentence, without_price
from guard.costing.storage import storage_part
from guard.costing.transfer import transfer_part
from guard.model.price import CostLine, Estimate, PriceBook
from guard.model.resource import Compute, Resource
from guard.model.value import Known

_SUPPLY = ("NodePool", "Provisioner", "ComputeClass", "ProvisioningRequest")
"""Nodes that come and go with the workloads that ask for them: what they cost is counted there."""


def estimates(resources: Sequence[Resource], prices: PriceBook) -> Mapping[str, Estimate]:
    """Return what each resource costs, by address; what runs on a node pool among them says so."""
    found = {one.address: estimate(one, prices) for one in resources}
    supply = pools(resources, found)
    for resource in resources:
        within = hosts(resource, supply) if supply else ()
        if any(within):
            found[resource.address] = estimate(resource, prices, within)
    return found


def estimate(resource: Resource, prices: PriceBook, within: Sequence[str] = ()) -> Estimate:
    """Return what `resource` costs, in USD a month of 730 hours; what has no price is listed with the reason.

    `within` holds for each compute facet the address of the node pool that it runs on, "" where there is none.
    """
    placed = zip(resource.compute, within or ("",) * len(resource.compute), strict=True)
    own = [(one, pool) for one, pool in placed if not one.host]
    compute = [(one, pool) for one, pool in own if not (resource.type in _SUPPLY and _comes_and_goes(one))]
    part = joined(
        (
            *(
                _noted(_on_pool(compute_part(one, resource, prices), pool), one, resource.training)
                for one, pool in compute
            ),
            *(_noted(storage_part(one, resource, prices), one) for one in resource.storage),
            *(_noted(fee_part(one, resource, prices), one) for one in resource.fees),
            *(_noted(transfer_part(one, resource, prices), one) for one in resource.data),
        )
    )
    if resource.repeated is not None:
        part = _repeated(resource, part, resource.repeated.reason)
    if resource.unpriced:
        part = joined((part, without_price(resource.type, resource.unpriced, resource.location)))
    return Estimate(resource.address, part.lines, part.unpriced, part.open_ended, runs(resource))


def _noted(part: Part, *facets: object) -> Part:
    """Return `part` with what of it is declared as usage among the assumptions of each line."""
    notes = [note for facet in facets if facet is not None for note in usage_notes(facet)]
    if not notes or not part.lines:
        return part
    return replace(part, lines=tuple(replace(one, assumption=sentence(one.assumption, *notes)) for one in part.lines))


def _on_pool(part: Part, pool: str) -> Part:
    if not pool:
        return part
    return replace(
        part,
        lines=tuple(replace(one, within=pool) for one in part.lines),
        unpriced=tuple(replace(one, within=pool) for one in part.unpriced),
    )


def _comes_and_goes(compute: Compute) -> bool:
    """Tell whether there may be none of these nodes; a pool of a fixed number of them costs what they cost."""
    return not isinstance(compute.count_min, Known) or compute.count_min.value == 0


def _repeated(resource: Resource, part: Part, reason: str) -> Part:
    """Return `part` for a resource of which there may be none or many: from nothing, and without an upper end."""
    if not part.lines:
        return part
    note = f"how many there are is not known ({reason}): from none, and one is counted"
    lines = tuple(_from_none(one, "" if reason in one.assumption else note) for one in part.lines)
    part = replace(part, lines=lines)
    if any(reason in one.reason for one in part.unpriced):
        return part
    why = f"how many there are is not known: {reason}"
    return joined((part, without_price(f"more of {resource.type}", why, resource.location)))


def _from_none(line: CostLine, note: str) -> CostLine:
    return replace(line, low_quantity=ZERO, assumption=sentence(line.assumption, note))

"""Google services that cost money of themselves: addresses, load balancing, NAT, VPN; and Dataproc clusters."""

from __future__ import annotations

from guard.model.node import Node
from guard.model.resource import Compute, Purchase, Purpose
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms._google_compute import accelerator_of, last_segment
from guard.platforms._terraform import Facts, Reader, Site, chosen, default, fee
from guard.platforms._terraform_uris import label_links

_PREEMPTIBLE = {
    "SPOT": Purchase.SPOT,
    "PREEMPTIBLE": Purchase.SPOT,
    "NON_PREEMPTIBLE": Purchase.ON_DEMAND,
    "PREEMPTIBILITY_UNSPECIFIED": Purchase.SPOT,
}


def _address(site: Site) -> Facts:
    """An external address costs money, which is the default; an internal one does not."""
    kind = site.body.text("address_type")
    if isinstance(kind, Known) and kind.value == "INTERNAL":
        return Facts(purpose=Purpose.NETWORK)
    if isinstance(kind, Unknown):
        return Facts(purpose=Purpose.NETWORK, unpriced=f"the type of address is unknown: {kind.reason}")
    return Facts(purpose=Purpose.NETWORK, fees=(fee(site, "external address", "ipv4", "in_use"),))


def _simple(name: str, service: str, sku: str) -> Reader:
    def read(site: Site) -> Facts:
        return Facts(purpose=Purpose.NETWORK, fees=(fee(site, name, service, sku),))

    return read


def _dataproc(site: Site) -> Facts:
    config = site.body.get("cluster_config")
    if config is None or isinstance(config.value, Unknown):
        return Facts(purpose=Purpose.BATCH, unpriced="the cluster configuration is not written or unknown")
    spot = chosen(config.text("preemptible_worker_config", "preemptibility"), _PREEMPTIBLE, Purchase.SPOT)
    steady = Known(Purchase.ON_DEMAND, site.here)
    worker_type = config.text("worker_config", "machine_type")
    groups = [
        _workers(site, config, "master_config", 1, steady, None),
        _workers(site, config, "worker_config", 2, steady, None),
    ]
    if config.get("preemptible_worker_config") is not None:
        groups.append(_workers(site, config, "preemptible_worker_config", 0, spot, worker_type))
    return Facts(
        purpose=Purpose.BATCH,
        compute=tuple(groups),
        data=label_links(site),
        unpriced="guard has no price of Dataproc's own fee for each vCPU; the machines are priced",
    )


def _workers(
    site: Site, config: Node, name: str, usual: int, purchase: Value[Purchase], kind: Value[str] | None
) -> Compute:
    """Return one group of a cluster: one master, two workers and n1-standard-4 are what Dataproc takes by itself."""
    group = config.get(name) or Node({}, site.here)
    count = site.counted(default(group.integer("num_instances"), usual))
    accelerator, number = accelerator_of(group.find("accelerators"))
    spot = isinstance(purchase, Known) and purchase.value is Purchase.SPOT
    workers = f"{site.instance.address} primary workers (on-demand)"
    return Compute(
        location=group.location,
        name=name.removesuffix("_config").replace("_", " "),
        provider="google",
        instance_type=default(last_segment(kind if kind is not None else group.text("machine_type")), "n1-standard-4"),
        accelerator=accelerator,
        accelerator_count=number,
        count_min=count,
        count_max=count,
        purchase=purchase,
        fallback=Known(workers, config.nearest("worker_config")) if spot else Absent(group.location),
        region=site.region,
        zone=site.zone,
    )


READERS: dict[str, Reader] = {
    "google_compute_address": _address,
    "google_compute_global_address": _address,
    "google_compute_forwarding_rule": _simple("forwarding rule", "lb", "forwarding_rule"),
    "google_compute_global_forwarding_rule": _simple("forwarding rule", "lb", "forwarding_rule"),
    "google_compute_router_nat": _simple("NAT gateway", "nat", "gateway_over_32_vms"),
    "google_compute_vpn_tunnel": _simple("VPN tunnel", "vpn", "tunnel"),
    "google_dataproc_cluster": _dataproc,
}

"""What machines were seen to use: samples of each metric by resource, and their percentiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from guard.model.resource import Resource

METRICS = ("cpu_percent", "memory_percent", "accelerator_percent", "accelerator_memory_percent")
"""Each in percent of the whole machine or pod, from 0 to 100; accelerators are averaged over all of a machine's."""

POD = "pod:"
"""What stands before the name of a pod (`pod:namespace/name`) where a history knows no address."""

Samples: TypeAlias = Mapping[str, tuple[Decimal, ...]]


class UsageHistoryError(Exception):
    """A usage history cannot be read; the message says where and why, and is fit for a user."""


@dataclass(frozen=True, slots=True)
class UsageHistory:
    """Samples by address (or `pod:namespace/name`) and metric, each sorted; `source` names the file."""

    samples: Mapping[str, Samples]
    source: str

    def of(self, resource: Resource) -> Samples:
        """Return the samples of a resource, by its address or those of the pods that bear its name; empty for none."""
        exact = self.samples.get(resource.address)
        if exact is not None:
            return exact
        namespace, _, name = _named(resource)
        found: dict[str, list[Decimal]] = {}
        if name:
            for key, samples in self.samples.items():
                if _is_pod_of(key, namespace, name):
                    for metric, values in samples.items():
                        found.setdefault(metric, []).extend(values)
        return {metric: tuple(sorted(values)) for metric, values in found.items()}


def percentile(values: tuple[Decimal, ...], percent: Decimal) -> Decimal:
    """Return the percentile of sorted values by the nearest rank. Raises ValueError where there are none."""
    if not values:
        raise ValueError("a percentile of nothing")
    rank = int((percent / 100 * len(values)).to_integral_value(ROUND_CEILING))
    return values[min(max(rank, 1), len(values)) - 1]


def _named(resource: Resource) -> tuple[str, str, str]:
    """Return namespace, kind and name of a Kubernetes workload, all empty for anything else."""
    if resource.origin != "kubernetes":
        return "", "", ""
    parts = resource.address.rpartition(":")[2].split("/")
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    return ("", parts[0], parts[1]) if len(parts) == 2 else ("", "", "")


def _is_pod_of(key: str, namespace: str, name: str) -> bool:
    if not key.startswith(POD):
        return False
    where, _, pod = key.removeprefix(POD).rpartition("/")
    return (not namespace or not where or where == namespace) and (pod == name or pod.startswith(f"{name}-"))

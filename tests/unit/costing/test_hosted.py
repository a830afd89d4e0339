"""What runs on the machines of another resource is priced there."""

from __future__ import annotations

from guard.costing.estimate import estimate
from guard.prices.book import open_book
from tests.unit.platforms.kubernetes_documents import read


def test_a_job_on_a_declared_cluster_costs_nothing_beside_it() -> None:
    cluster, job, other = read(
        "type: amlcompute\nname: gpus\nsize: Standard_NC24ads_A100_v4\nlocation: eastus\nmax_instances: 2\n"
        "---\ntype: command\nname: j\ncommand: x\ncompute: azureml:gpus\n"
        "---\ntype: command\nname: k\ncommand: x\ncompute: azureml:elsewhere\n"
    )
    prices = open_book()
    assert estimate(cluster, prices).high > 0
    assert (estimate(job, prices).lines, estimate(job, prices).unpriced) == ((), ())
    assert estimate(other, prices).unpriced

"""What a pod takes and where it may run."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from guard.model.resource import Compute, Resource
from guard.model.value import Absent, Unknown
from tests.unit.platforms.kubernetes_documents import group, line, only, plain


def pod(spec: str, metadata: str = "name: p") -> Resource:
    body = textwrap.indent(textwrap.dedent(spec), "  ")
    return only(f"apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\nspec:\n{body}")


def compute(spec: str, metadata: str = "name: p") -> Compute:
    return group(pod(spec, metadata))


CONTAINERS = "containers: [{name: a, image: x, resources: {limits: {nvidia.com/gpu: 1}}}]\n"


def test_containers_run_together_and_init_containers_before_them() -> None:
    found = compute(
        """
        initContainers:
          - {name: download, resources: {requests: {cpu: 8, memory: 1Gi}}}
          - {name: mesh, restartPolicy: Always, resources: {requests: {cpu: 500m, memory: 256Mi}}}
          - {name: warm, resources: {requests: {cpu: 1}, limits: {nvidia.com/gpu: 4}}}
        containers:
          - {name: main, resources: {requests: {cpu: 2, memory: 4Gi}, limits: {cpu: 4, nvidia.com/gpu: 2}}}
          - {name: side, resources: {limits: {cpu: 1, memory: 1Gi, nvidia.com/gpu: "1"}}}
        overhead: {cpu: 250m}
        """
    )
    assert plain(found.vcpu) == "8.25"
    assert plain(found.memory_gib) == "5.25"
    assert plain(found.accelerator_count) == "4"
    assert found.share


def test_limits_win_for_devices_and_requests_for_the_rest() -> None:
    found = compute(
        "containers: [{name: a, resources: {limits: {cpu: 4, amd.com/gpu: 2}, requests: {cpu: 1, amd.com/gpu: 1}}}]"
    )
    assert (plain(found.accelerator), plain(found.accelerator_count), plain(found.vcpu)) == ("GPU", "2", "1")


@pytest.mark.parametrize(
    ("resource", "name", "count"),
    [
        ("google.com/tpu: 4", "TPU", "4"),
        ("aws.amazon.com/neuron: 16", "Neuron", "16"),
        ("aws.amazon.com/neuroncore: 2", "NeuronCore", "2"),
        ("habana.ai/gaudi: 8", "Gaudi", "8"),
        ("nvidia.com/mig-7g.80gb: 1", "GPU", "1"),
        ("nvidia.com/gpu: 0", None, None),
        ("vpc.amazonaws.com/efa: 4", None, None),
        ("nvidia.com/gpu: '${GPUS}'", None, "? expected a quantity such as 500m or 16Gi, found '${GPUS}'"),
        ("nvidia.com/gpu.shared: 2", "GPU", "? the cluster sets what share of a GPU one nvidia.com/gpu.shared is"),
    ],
)
def test_extended_resources(resource: str, name: Any, count: Any) -> None:
    found = compute(f"containers: [{{name: a, resources: {{limits: {{{resource}}}}}}}]")
    assert (plain(found.accelerator), plain(found.accelerator_count)) == (name, count)


def test_a_slice_is_its_part_of_a_gpu() -> None:
    found = compute("containers: [{name: a, resources: {limits: {nvidia.com/mig-3g.40gb: 2}}}]")
    assert str(plain(found.accelerator_count)).startswith("0.857142857")


def test_a_fraction_may_be_an_annotation() -> None:
    found = compute("containers: [{name: a}]", 'name: p, annotations: {gpu-fraction: "0.5"}')
    assert (plain(found.accelerator), plain(found.accelerator_count)) == ("GPU", "0.5")


def test_absent_points_at_where_it_would_be_written() -> None:
    found = compute("containers:\n  - name: a\n    image: x\n    resources:\n      limits: {cpu: 1}\n")
    assert isinstance(found.accelerator_count, Absent)
    assert line(found.accelerator_count) == 9


@pytest.mark.parametrize(
    ("selector", "provider", "purchase", "fallback"),
    [
        ("cloud.google.com/gke-spot: 'true'", "google", "spot", None),
        ("cloud.google.com/gke-spot: true", "google", "spot", None),
        ("cloud.google.com/gke-provisioning: standard", "google", "on_demand", None),
        ("karpenter.sh/capacity-type: spot", "", "spot", None),
        ("karpenter.sh/capacity-type: on-demand", "", "on_demand", None),
        ("karpenter.sh/capacity-type: reserved", "", "reserved", None),
        ("eks.amazonaws.com/capacityType: SPOT", "aws", "spot", None),
        ("kubernetes.azure.com/scalesetpriority: spot", "azure", "spot", None),
        ("team: ml", "", None, None),
    ],
)
def test_selectors_pin_the_purchase_option(selector: str, provider: str, purchase: Any, fallback: Any) -> None:
    found = compute(CONTAINERS + f"nodeSelector: {{{selector}}}")
    assert (found.provider, plain(found.purchase), plain(found.fallback)) == (provider, purchase, fallback)


def _affinity(how: str, operator: str, values: str) -> str:
    expression = f"{{key: karpenter.sh/capacity-type, operator: {operator}, values: {values}}}"
    matching = f"{{matchExpressions: [{expression}]}}"
    terms = f"[{{weight: 1, preference: {matching}}}]" if how == "preferred" else f"{{nodeSelectorTerms: [{matching}]}}"
    return CONTAINERS + f"affinity: {{nodeAffinity: {{{how}DuringSchedulingIgnoredDuringExecution: {terms}}}}}"


@pytest.mark.parametrize(
    ("how", "operator", "values", "purchase", "fallback"),
    [
        ("required", "In", "[spot]", "spot", None),
        ("required", "In", "[spot, on-demand]", "mixed", "on_demand"),
        ("required", "NotIn", "[spot]", "on_demand", None),
        ("preferred", "In", "[spot]", "mixed", "on_demand"),
        ("preferred", "In", "[on-demand]", None, None),
    ],
)
def test_affinity_to_spot(how: str, operator: str, values: str, purchase: Any, fallback: Any) -> None:
    found = compute(_affinity(how, operator, values))
    assert (plain(found.purchase), plain(found.fallback)) == (purchase, fallback)


def test_a_toleration_alone_allows_spot() -> None:
    found = compute(
        CONTAINERS + "tolerations: [{key: kubernetes.azure.com/scalesetpriority, operator: Equal, value: spot}]"
    )
    assert (found.provider, plain(found.purchase), plain(found.fallback)) == ("azure", "mixed", "on_demand")


def test_instance_types_of_required_affinity() -> None:
    found = compute(
        CONTAINERS
        + """\
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - {key: node.kubernetes.io/instance-type, operator: In, values: [g5.xlarge, g6.xlarge]}
            - {key: topology.kubernetes.io/zone, operator: In, values: [eu-west-1a, eu-west-1b]}
"""
    )
    assert plain(found.instance_type) == "g5.xlarge"
    assert [plain(one) for one in found.other_instance_types] == ["g6.xlarge"]
    assert (found.provider, plain(found.region)) == ("aws", "eu-west-1")
    assert plain(found.zone) == "? one of eu-west-1a, eu-west-1b"


@pytest.mark.parametrize(
    ("selector", "kind", "provider"),
    [
        ("beta.kubernetes.io/instance-type: g5.12xlarge", "g5.12xlarge", "aws"),
        ("node.kubernetes.io/instance-type: Standard_NC24ads_A100_v4", "Standard_NC24ads_A100_v4", "azure"),
        ("node.kubernetes.io/instance-type: a2-highgpu-1g", "a2-highgpu-1g", "google"),
        ("instance-type: trn1-32xl", None, ""),
        ("instanceType: inferentia-inf2", None, ""),
        ("karpenter.k8s.aws/instance-family: g5", "? only the family of machines is written: g5", "aws"),
    ],
)
def test_only_well_known_labels_name_a_machine(selector: str, kind: Any, provider: str) -> None:
    found = compute(CONTAINERS + f"nodeSelector: {{{selector}}}")
    assert (plain(found.instance_type), found.provider) == (kind, provider)


def test_a_family_keeps_the_beginning_that_is_known() -> None:
    found = compute(CONTAINERS + "nodeSelector: {karpenter.k8s.aws/instance-family: g5}")
    assert isinstance(found.instance_type, Unknown)
    assert found.instance_type.prefix == "g5."


def test_family_and_size_are_a_machine() -> None:
    selector = "nodeSelector: {karpenter.k8s.aws/instance-family: g5, karpenter.k8s.aws/instance-size: 2xlarge}"
    assert plain(compute(CONTAINERS + selector).instance_type) == "g5.2xlarge"


@pytest.mark.parametrize(
    ("selector", "product"),
    [
        ("cloud.google.com/gke-accelerator: nvidia-tesla-a100", "A100"),
        ("nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB", "A100-80GB"),
        ("karpenter.k8s.aws/instance-gpu-name: l40s", "L40S"),
    ],
)
def test_a_label_names_the_product(selector: str, product: str) -> None:
    found = compute(CONTAINERS + f"nodeSelector: {{{selector}}}")
    assert plain(found.accelerator) == product
    assert line(found.accelerator) == 6


def test_a_pod_without_a_device_has_none_although_its_node_does() -> None:
    found = compute("containers: [{name: a}]\nnodeSelector: {nvidia.com/gpu.product: Tesla-T4}")
    assert (plain(found.accelerator), plain(found.accelerator_count)) == (None, None)


def test_region_from_the_selector() -> None:
    found = pod(CONTAINERS + "nodeSelector: {topology.kubernetes.io/zone: us-central1-a}")
    assert (plain(found.region), plain(found.zone), group(found).provider) == ("us-central1", "us-central1-a", "google")


def test_claimed_devices_are_counted() -> None:
    found = only(
        """
        apiVersion: v1
        kind: List
        items:
          - apiVersion: resource.k8s.io/v1
            kind: ResourceClaimTemplate
            metadata: {name: two}
            spec:
              spec:
                devices:
                  requests:
                    - name: gpu
                      exactly:
                        deviceClassName: gpu.nvidia.com
                        count: 2
                        selectors:
                          - cel: {expression: "device.attributes['gpu.nvidia.com'].type == 'NVIDIA H100 80GB HBM3'"}
                    - {name: nic, exactly: {deviceClassName: dranet}}
          - apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              resourceClaims: [{name: gpus, resourceClaimTemplateName: two}]
              containers: [{name: a, resources: {claims: [{name: gpus}]}}]
        """
    )
    assert (plain(group(found).accelerator), plain(group(found).accelerator_count)) == ("H100", "2")


def test_a_claim_that_is_not_in_the_repository_is_unknown() -> None:
    found = compute("resourceClaims: [{name: g, resourceClaimName: shared}]\ncontainers: [{name: a}]")
    assert plain(found.accelerator_count) == "? ResourceClaim shared is not in the repository"

"""KServe: InferenceService, LLMInferenceService and InferenceGraph.

Source: the custom resource definitions of kserve/kserve, v1beta1, v1alpha1 and v1alpha2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.node import Node
from guard.model.platform import Surroundings
from guard.model.resource import Compute, DataLink, Purpose, Serving
from guard.model.value import Absent, Known, Value, first, mapped
from guard.platforms._kubernetes_claims import device_class, product_in_expression
from guard.platforms._kubernetes_data import uri_link
from guard.platforms._kubernetes_models import model_facts
from guard.platforms._kubernetes_objects import Draft, annotation, named, platform, written
from guard.platforms._kubernetes_placement import Term
from guard.platforms._kubernetes_quantities import times
from guard.platforms._kubernetes_workloads import draft, group
from guard.platforms._pods import Accelerators, Count, Pod

_COMPONENTS = ("predictor", "transformer", "explainer")
_FRAMEWORKS = (
    "sklearn",
    "xgboost",
    "lightgbm",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "paddle",
    "alibi",
    "art",
)
_MAIN = "kserve-container"
_RUNTIMES = (("serving.kserve.io", "ServingRuntime"), ("serving.kserve.io", "ClusterServingRuntime"))
_DRA = "serving.kserve.io/exp-dra-"


def _inference_service(node: Node, around: Surroundings) -> Draft:
    compute: list[Compute] = []
    pods: list[Pod | None] = []
    data: list[DataLink] = []
    for name in _COMPONENTS:
        component = node.get("spec", name)
        if component is None:
            continue
        pod = _component_pod(component, node, around)
        count = Count(component.integer("minReplicas"), component.integer("maxReplicas"))
        nodes = _nodes_by_variable(component, pod)
        spread = Count(times(count.low, nodes), times(count.high, nodes))
        compute.append(group(pod, spread, around, component, name, _requested_by_variables(pod)))
        compute += _workers(component, count, around)
        pods.append(pod)
        data += _model_links(component)
    templated = [replace(pod, template=None) if pod else None for pod in pods]
    found = draft(Purpose.INFERENCE, "an InferenceService", compute, templated, data=data)
    return replace(found, serving=_serving(node, node.get("spec", "predictor")))


def _component_pod(component: Node, node: Node, around: Surroundings) -> Pod:
    """Return a component's pod: it is a PodSpec itself, to which its model adds a container.

    A container of the same PodSpec called kserve-container is laid over the model's, so it is not one more.
    """
    model = _model(component)
    containers = (*_runtime_containers(model, around), *component.items("containers"))
    if model is not None and not any(written(one, "name") == _MAIN for one in component.items("containers")):
        containers = (model, *containers)
    asked = []
    gpu = annotation(node, "serving.kserve.io/gke-accelerator")
    if isinstance(gpu, Known):
        asked.append(Term("cloud.google.com/gke-accelerator", (gpu,), "required", gpu.location))
    return Pod(component, containers, component.items("initContainers"), node, asked=tuple(asked))


def _runtime_containers(model: Node | None, around: Surroundings) -> tuple[Node, ...]:
    """Return the containers that the named runtime brings; the model's resources replace those of the main one."""
    name = model.text("runtime") if model is not None else None
    if model is None or not isinstance(name, Known):
        return ()
    runtime = named(around, name.value, *_RUNTIMES, near=name.location)
    if runtime is None:
        return ()
    own = model.get("resources") is not None
    return tuple(one for one in runtime.items("spec", "containers") if not (own and written(one, "name") == _MAIN))


def _nodes_by_variable(component: Node, pod: Pod) -> Value[int]:
    """Return how many nodes a predictor is spread over by a variable of its runtime, absent where it is on one."""
    if component.get("workerSpec") is None:
        for container in pod.containers:
            for variable in container.items("env"):
                if written(variable, "name") == "RAY_NODE_COUNT":
                    return variable.integer("value")
    return Absent(component.key or component.location)


def _model(component: Node) -> Node | None:
    return next((found for name in ("model", *_FRAMEWORKS) if (found := component.get(name)) is not None), None)


def _requested_by_variables(pod: Pod) -> Accelerators | None:
    """Return the GPUs of a node of a multi-node predictor, which its runtime reads from a variable."""
    for container in pod.containers:
        if any("gpu" in name for part in ("limits", "requests") for name in container.fields("resources", part)):
            return None
        for variable in container.items("env"):
            if written(variable, "name") == "REQUEST_GPU_COUNT":
                count = variable.number("value")
                place = variable.nearest("value")
                return Accelerators(Known("GPU", place), count)
    return None


def _workers(component: Node, count: Count, around: Surroundings) -> Iterator[Compute]:
    """Yield the workers of a multi-node predictor: pipelineParallelSize pods, the head among them."""
    worker = component.get("workerSpec")
    if worker is None:
        return
    size = worker.integer("pipelineParallelSize")
    rest = mapped(size, lambda number: max(number - 1, 1))
    pod = Pod(worker, worker.items("containers"), worker.items("initContainers"))
    bounds = Count(times(rest, count.low), times(rest, count.high))
    yield group(pod, bounds, around, worker, "worker", _requested_by_variables(pod))


def _model_links(component: Node) -> Iterator[DataLink]:
    model = _model(component)
    for holder in (model, component):
        if holder is None:
            continue
        for name in ("storageUri", "storageUris"):
            for one in holder.items(name):
                yield from uri_link(one.get("uri") or one, role="model")


def _serving(node: Node, predictor: Node | None) -> Serving | None:
    if predictor is None:
        return None
    model = _model(predictor)
    count = predictor.integer("minReplicas")
    facts = model_facts([one for one in (model, *predictor.items("containers")) if one is not None])
    facts.setdefault("model_name", node.text("metadata", "name"))
    facts.setdefault("model_version", _version(model, predictor))
    return Serving(
        location=predictor.key or predictor.location,
        min_replicas=count,
        max_replicas=predictor.integer("maxReplicas"),
        scale_to_zero=mapped(count, lambda number: number == 0),
        traffic=first(predictor.number("canaryTrafficPercent"), node.number("spec", "canary", 0, "trafficPercent")),
        model_format=_model_format(predictor, model),
        **facts,
        hardware_target=annotation(node, "serving.kserve.io/gke-accelerator"),
        monitoring=_monitored(node, predictor),
    )


def _version(model: Node | None, predictor: Node) -> Value[str]:
    return model.text("runtimeVersion") if model is not None else Absent(predictor.key or predictor.location)


def _model_format(predictor: Node, model: Node | None) -> Value[str]:
    if predictor.get("model") is not None:
        return predictor.text("model", "modelFormat", "name")
    for name in _FRAMEWORKS:
        if model is not None and predictor.get(name) is not None:
            return Known(name, model.key or model.location)
    return Absent(predictor.key or predictor.location)


def _monitored(node: Node, predictor: Node) -> Value[bool]:
    for holder, path in ((predictor, ("logger",)), (node, ("spec", "explainer"))):
        found = holder.get(*path)
        if found is not None:
            return Known(True, found.key or found.location)
    return Absent(predictor.key or predictor.location)


def _llm_inference_service(node: Node, around: Surroundings) -> Draft:
    spec = node.get("spec")
    if spec is None:
        return Draft(purpose=Purpose.INFERENCE, evidence="an LLMInferenceService")
    compute: list[Compute] = []
    pods: list[Pod | None] = []
    for holder, prefix in ((spec, ""), (spec.get("prefill"), "prefill")):
        if holder is None:
            continue
        for name, pod, count in _llm_groups(holder, prefix, node):
            compute.append(group(pod, count, around, holder, name, _managed_devices(node, pod)))
            pods.append(replace(pod, template=None) if pod else None)
    data = [link for path in _llm_uris(spec) for link in uri_link(path, role="model")]
    found = draft(Purpose.INFERENCE, "an LLMInferenceService", compute, pods, data=data)
    count = _llm_count(spec)
    serving = Serving(
        location=spec.key or spec.location,
        min_replicas=count.low,
        max_replicas=count.high,
        scale_to_zero=mapped(count.low, lambda number: number == 0),
        model_name=first(spec.text("model", "name"), spec.text("model", "uri")),
    )
    return replace(found, serving=serving)


def _llm_groups(holder: Node, prefix: str, node: Node) -> Iterator[tuple[str, Pod | None, Count]]:
    """Yield the leader and, for a model over several nodes, the workers: data / dataLocal pods a replica in all."""
    count = _llm_count(holder)
    yield prefix or "main", _llm_pod(holder.get("template"), node), count
    worker = holder.get("worker")
    if worker is not None:
        rest = _llm_workers(holder)
        yield (
            f"{prefix}-worker".lstrip("-"),
            _llm_pod(worker, node),
            Count(times(rest, count.low), times(rest, count.high)),
        )


def _llm_workers(holder: Node) -> Value[int]:
    data, local = holder.integer("parallelism", "data"), holder.integer("parallelism", "dataLocal")
    pipeline = holder.integer("parallelism", "pipeline")
    if isinstance(data, Known) and isinstance(local, Known) and local.value > 0:
        return Known(max(-(-data.value // local.value) - 1, 1), data.location, data.trail)
    return mapped(pipeline, lambda number: max(number - 1, 1))


def _llm_count(holder: Node) -> Count:
    count = holder.integer("replicas")
    return Count(
        first(holder.integer("scaling", "minReplicas"), count), first(holder.integer("scaling", "maxReplicas"), count)
    )


def _llm_pod(template: Node | None, node: Node) -> Pod | None:
    """Return the pod of a template, which here is the PodSpec itself."""
    if template is None:
        return None
    return Pod(template, template.items("containers"), template.items("initContainers"), node)


def _llm_uris(spec: Node) -> Iterator[Node | None]:
    yield spec.get("model", "uri")
    for adapter in spec.items("model", "lora", "adapters"):
        yield adapter.get("uri")


def _managed_devices(node: Node, pod: Pod | None) -> Accelerators | None:
    """Return the devices that annotations ask KServe to claim for each pod; the count is 1 unless it is written."""
    kind = annotation(node, _DRA + "device-class")
    if pod is None or not isinstance(kind, Known):
        return None
    called = device_class(kind.value)
    if called is None:
        return None
    selector = annotation(node, _DRA + "cel-selector")
    chosen = product_in_expression(selector.value) if isinstance(selector, Known) else None
    count = node.number("metadata", "annotations", _DRA + "device-count")
    if isinstance(count, Absent):
        count = first(node.number("metadata", "annotations", _DRA + "count"), Known(Decimal(1), kind.location))
    return Accelerators(Known(chosen or called, kind.location), count)


def _inference_graph(node: Node, around: Surroundings) -> Draft:
    return Draft(
        purpose=Purpose.INFERENCE,
        evidence="an InferenceGraph",
        unpriced="its router takes what the KServe installation gives it; the services that it calls are counted apart",
    )


_READERS = {
    ("serving.kserve.io", "InferenceService"): _inference_service,
    ("serving.kubeflow.org", "InferenceService"): _inference_service,
    ("serving.kserve.io", "LLMInferenceService"): _llm_inference_service,
    ("serving.kserve.io", "InferenceGraph"): _inference_graph,
}
PLATFORM = platform("kserve", _READERS)

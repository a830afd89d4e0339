"""Ray Serve configuration files (ServeDeploySchema) and Anyscale services, which add machines to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from guard.model.node import Node, is_sequence
from guard.model.platform import Platform, Source, Surroundings
from guard.model.resource import Compute, Purchase, Purpose, Resource, Serving
from guard.model.value import Absent, Known, Unknown, Value, first, mapped
from guard.platforms._specs import accelerator, bare, has, labels, links, root_of, stem, written

_GIB = Decimal(1024**3)
_MARKETS = {"SPOT": Purchase.SPOT, "ON_DEMAND": Purchase.ON_DEMAND, "PREFER_SPOT": Purchase.MIXED}


def _claims(source: Source) -> bool:
    node = root_of(source)
    if node is None or has(node, "apiVersion", "$schema"):
        return False
    applications = node.get("applications")
    return (
        applications is not None
        and is_sequence(applications.value)
        and any(has(one, "import_path", "deployments") for one in applications.value)
    )


def _resources(source: Source, around: Surroundings) -> Iterator[Resource]:
    node = root_of(source)
    if node is None:
        return
    name = written(node, "name")
    if has(node, "compute_config"):
        yield _anyscale(node, name or stem(source))
        return
    for number, application in enumerate(node.items("applications")):
        if not has(application, "import_path", "deployments"):
            continue
        own = written(application, "name") or (stem(source) if number == 0 else f"{stem(source)}-{number}")
        yield _application(application, own)


def _application(node: Node, name: str) -> Resource:
    base = bare(node, "ray_serve", "RayServeApplication", f"RayServe/{name}", node.nearest("name"))
    groups = tuple(_deployments(node))
    bounds = [_bounds(one) for one in node.items("deployments")]
    return replace(
        base,
        labels=replace(base.labels, taggable=False),
        purpose=Purpose.INFERENCE,
        evidence="a Ray Serve application",
        compute=groups,
        data=links(node, role="model"),
        serving=_serving(node, bounds),
        unpriced="its replicas run on a Ray cluster that is written elsewhere",
    )


def _serving(node: Node, bounds: list[tuple[Value[int], Value[int]]]) -> Serving:
    where = node.nearest("deployments")
    low, high = bounds[0] if bounds else (Absent(where), Absent(where))
    llm = node.get("args", "llm_configs", 0)
    model = llm.text("model_loading_config", "model_id") if llm else Absent(where)
    if llm is not None:
        low, high = _bounds(llm.get("deployment_config") or llm)
    return Serving(
        location=where,
        min_replicas=low,
        max_replicas=high,
        scale_to_zero=mapped(low, lambda count: count == 0),
        model_name=model,
        precision=first(
            llm.text("engine_kwargs", "quantization") if llm else Absent(where),
            llm.text("engine_kwargs", "dtype") if llm else Absent(where),
        ),
    )


def _bounds(node: Node) -> tuple[Value[int], Value[int]]:
    """Return the replicas at least and at most: `num_replicas`, or those of `autoscaling_config`."""
    fixed = node.integer("num_replicas")
    low = node.integer("autoscaling_config", "min_replicas")
    high = node.integer("autoscaling_config", "max_replicas")
    if isinstance(fixed, Known):
        return fixed, fixed
    automatic = written(node, "num_replicas") == "auto"
    if automatic:
        # The defaults of `num_replicas: auto` in Ray Serve.
        where = node.nearest("num_replicas")
        return first(low, Known(1, where)), first(high, Known(100, where))
    return low, high


def _deployments(node: Node) -> Iterator[Compute]:
    for one in node.items("deployments"):
        yield _group(one, one.get("ray_actor_options"), written(one, "name"))
    for one in node.items("args", "llm_configs"):
        settings = one.get("deployment_config") or one
        facts = _group(settings, settings.get("ray_actor_options"), written(one, "model_loading_config", "model_id"))
        parallel = first(one.number("engine_kwargs", "tensor_parallel_size"), Known(Decimal(1), one.location))
        kind = accelerator(one.text("accelerator_type"))
        if not isinstance(kind, Absent):
            yield replace(facts, location=one.nearest("accelerator_type"), accelerator=kind, accelerator_count=parallel)
        else:
            yield facts


def _group(node: Node, options: Node | None, name: str) -> Compute:
    where = node.key or node.location
    low, high = _bounds(node)
    asked = options or Node({}, where)
    count = asked.number("num_gpus")
    kind = accelerator(asked.text("accelerator_type"))
    if isinstance(kind, Absent) and isinstance(count, Known) and count.value > 0:
        kind = Known("GPU", count.location)
    return Compute(
        location=where,
        name=name,
        accelerator=kind,
        accelerator_count=count,
        vcpu=asked.number("num_cpus"),
        memory_gib=mapped(asked.number("memory"), lambda size: size / _GIB),
        count_min=first(low, Known(1, where)),
        count_max=first(high, low, Known(1, where)),
        share=True,
    )


def _anyscale(node: Node, name: str) -> Resource:
    base = bare(node, "ray_serve", "AnyscaleService", f"Anyscale/{name}", node.nearest("name"))
    config = node.get("compute_config") or node
    groups = [_nodes(one, config) for one in (*config.items("head_node"), *config.items("worker_nodes"))]
    zones = [one.text() for one in config.items("zones")]
    return replace(
        base,
        labels=labels(node, "tags", at=base.location),
        zone=first(*zones[:1], Absent(base.location)),
        other_zones=tuple(one for one in zones[1:] if isinstance(one, Known)),
        purpose=Purpose.INFERENCE,
        evidence="an Anyscale service",
        compute=tuple(groups),
        data=links(node, role="model"),
        serving=_serving(
            node.items("applications")[0], [_bounds(d) for d in node.items("applications", 0, "deployments")]
        ),
    )


def _nodes(node: Node, config: Node) -> Compute:
    where = node.key or node.location
    market = node.text("market_type")
    kind = _MARKETS.get(market.value.upper()) if isinstance(market, Known) else None
    bought: Value[Purchase] = Absent(where) if isinstance(market, Absent) else Unknown("unknown market_type", where)
    fallback: Value[str] = Known("on_demand", where) if kind is Purchase.MIXED else Absent(where)
    single = (node.key is not None) and "head" in str(written(node, "name") or "head")
    one: Value[int] = Known(1, where)
    return Compute(
        location=where,
        name=written(node, "name"),
        provider=_provider(written(node, "instance_type")),
        instance_type=node.text("instance_type"),
        count_min=first(node.integer("min_nodes"), one if single else Known(0, where)),
        count_max=first(node.integer("max_nodes"), one if single else Known(10, where)),
        purchase=Known(kind, market.location) if kind and isinstance(market, Known) else bought,
        fallback=fallback,
    )


def _provider(instance_type: str) -> str:
    """Return the cloud that an instance type's spelling belongs to."""
    if instance_type.lower().startswith("standard_"):
        return "azure"
    return "aws" if "." in instance_type else "google" if "-" in instance_type else ""


PLATFORM = Platform("ray_serve", _claims, _resources, order=45)

"""Kubernetes objects that Terraform declares: `kubernetes_*` blocks, `kubernetes_manifest` and `kubectl_manifest`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from guard.model.finding import Problem
from guard.model.instance import Instance, Piece
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.value import Known, Unknown

# Source: the documentation of the hashicorp/kubernetes provider; a type may end in the version of its API.
_KINDS = {
    "kubernetes_pod": ("v1", "Pod"),
    "kubernetes_replication_controller": ("v1", "ReplicationController"),
    "kubernetes_deployment": ("apps/v1", "Deployment"),
    "kubernetes_stateful_set": ("apps/v1", "StatefulSet"),
    "kubernetes_daemon_set": ("apps/v1", "DaemonSet"),
    "kubernetes_daemonset": ("apps/v1", "DaemonSet"),
    "kubernetes_job": ("batch/v1", "Job"),
    "kubernetes_cron_job": ("batch/v1", "CronJob"),
    "kubernetes_horizontal_pod_autoscaler": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "kubernetes_persistent_volume_claim": ("v1", "PersistentVolumeClaim"),
    "kubernetes_persistent_volume": ("v1", "PersistentVolume"),
    "kubernetes_storage_class": ("storage.k8s.io/v1", "StorageClass"),
    "kubernetes_config_map": ("v1", "ConfigMap"),
}
_VERSIONS = ("_v1", "_v2", "_v2beta2", "_v2beta1", "_v1beta1")
# Blocks that repeat have the singular of the manifest's list for a name.
_LISTS = {
    "container": "containers",
    "init_container": "initContainers",
    "volume": "volumes",
    "volume_mount": "volumeMounts",
    "volume_device": "volumeDevices",
    "volume_claim_template": "volumeClaimTemplates",
    "toleration": "tolerations",
    "env": "env",
    "env_from": "envFrom",
    "port": "ports",
    "node_selector_term": "nodeSelectorTerms",
    "match_expressions": "matchExpressions",
    "match_fields": "matchFields",
    "topology_spread_constraint": "topologySpreadConstraints",
    "preferred_during_scheduling_ignored_during_execution": "preferredDuringSchedulingIgnoredDuringExecution",
    "allowed_topologies": "allowedTopologies",
    "match_label_expressions": "matchLabelExpressions",
    "host_aliases": "hostAliases",
    "image_pull_secrets": "imagePullSecrets",
    "items": "items",
    "sources": "sources",
    "metric": "metrics",
}
_RENAMED = {"storage_provisioner": "provisioner"}
_INLINED = "persistent_volume_source"
# Their keys are the user's own words.
_FREE = frozenset(
    {"labels", "annotations", "node_selector", "limits", "requests", "match_labels", "volume_attributes", "parameters"}
    | {"data", "binary_data"}
)
_TEXTS = {"kubectl_manifest": "yaml_body"}
TEXTS = {**_TEXTS, "kubernetes_manifest": "manifest", "helm_release": "values"}
"""By type of resource, the attribute that holds texts of which it is asked how they are written."""
_MOST_TEXT = 2_000_000


@dataclass(frozen=True, slots=True)
class Declared:
    """The Kubernetes object that an instance declares, or why there is none: problems of its text, or `missing`."""

    node: Node | None = None
    problems: tuple[Problem, ...] = ()
    missing: Unknown | None = None


def declares(instance: Instance) -> bool:
    """Tell, by its type alone, whether an instance declares a Kubernetes object."""
    if instance.mode != "managed" or not instance.type.startswith(("kubernetes_", "kubectl_")):
        return False
    return instance.type in _TEXTS or instance.type == "kubernetes_manifest" or _kind(instance.type) is not None


def declared(instance: Instance) -> Node | None:
    """Return the Kubernetes object that an instance declares, in the shape of a manifest, each value at its place."""
    return declaration(instance).node if declares(instance) else None


def declaration(instance: Instance) -> Declared:
    """Return what an instance that declares a Kubernetes object says of it."""
    return _declared(_Same(instance))


def applied(instance: Instance) -> Iterator[Location]:
    """Yield where the texts begin that an instance applies: documents there are not deployed beside it."""
    node = declared(instance)
    if node is not None:
        yield node.location.start
    if instance.type == "helm_release":
        for number in range(len(instance.body.items("values"))):
            values = text_at(instance, "values", number).node
            if values is not None:
                yield values.location.start


class _Same:
    """An instance as a key that is compared by identity: instances hold mappings."""

    __slots__ = ("instance",)

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.instance is self.instance

    def __hash__(self) -> int:
        return id(self.instance)


# Every platform asks for the object, and so does whoever looks for its neighbours.
@lru_cache(maxsize=4096)
def _declared(key: _Same) -> Declared:
    instance = key.instance
    attribute = _TEXTS.get(instance.type)
    if attribute is not None:
        return text_at(instance, attribute)
    if instance.type == "kubernetes_manifest":
        return _manifest(instance)
    return Declared(_typed(instance))


def _manifest(instance: Instance) -> Declared:
    """Return the manifest of a `kubernetes_manifest`; that of a decoded text stands where the text does."""
    written = instance.written("manifest")
    decoded = _parsed(instance, written) if written is not None and not isinstance(written, Node) else Declared()
    if decoded.node is not None:
        return decoded
    found = instance.body.find("manifest")
    return Declared(missing=found) if isinstance(found, Unknown) else Declared(instance.body.get("manifest"))


def text_at(instance: Instance, *path: str | int) -> Declared:
    """Return what the YAML or JSON text at `path` holds, or why that is not known.

    Values stand where they are written where that is told, else at the attribute. Unknown parts are unknown.
    """
    written = instance.written(*path)
    if isinstance(written, Node):
        return Declared(written)
    text = instance.body.text(*path)
    if isinstance(text, Unknown) and "sensitive" in text.reason:
        return Declared(missing=text)
    if written is not None:
        found = _parsed(instance, written)
        if found.node is not None or found.problems:
            return found
    if isinstance(text, Known):
        return _parsed(instance, (Piece(text.value, text.location),))
    return Declared(missing=text if isinstance(text, Unknown) else None)


def _parsed(instance: Instance, pieces: Sequence[Piece]) -> Declared:
    """Return the first document that pieces of text hold. Where a part is missing, the text is not judged as YAML."""
    missing = next((one.text for one in pieces if isinstance(one.text, Unknown)), None)
    if sum(len(one.text) for one in pieces if isinstance(one.text, str)) > _MOST_TEXT:
        return Declared(missing=Unknown("the text is too long to be a manifest", instance.location))
    # YAML's parser is read only where a configuration holds YAML.
    from guard.formats.yaml import parse_pieces

    document = parse_pieces(instance.location.path, pieces)
    if document.roots:
        return Declared(document.roots[0])
    return Declared(problems=() if missing else document.problems, missing=missing)


def _kind(type_: str) -> tuple[str, str] | None:
    if type_ in _KINDS:
        return _KINDS[type_]
    stem = next((type_.removesuffix(one) for one in _VERSIONS if type_.endswith(one)), type_)
    return _KINDS.get(stem)


def _typed(instance: Instance) -> Node | None:
    kind = _kind(instance.type)
    if kind is None or not isinstance(instance.body.value, Mapping):
        return None
    members = _members(instance.body.value)
    members["apiVersion"] = Node(kind[0], instance.location)
    members["kind"] = Node(kind[1], instance.location)
    return Node(members, instance.body.location, instance.body.key)


def _members(block: Mapping[str, Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for name, node in block.items():
        if name == _INLINED:
            # The provider nests what the manifest holds beside the other fields.
            source = _converted(name, node)
            found |= source.value if isinstance(source.value, dict) else {}
            continue
        found[_LISTS.get(name) or _RENAMED.get(name) or _camel(name)] = _converted(name, node)
    return found


def _converted(name: str, node: Node) -> Node:
    value = node.value
    if isinstance(value, (Unknown, str)) or name in _FREE:
        return node
    if isinstance(value, Mapping):
        return replace(node, value=_members(value))
    if not is_sequence(value):
        return node
    members = tuple(_converted("", one) for one in value)
    # A block that stands once is an object in the manifest.
    if len(members) == 1 and name not in _LISTS and isinstance(members[0].value, Mapping):
        return replace(members[0], key=node.key or members[0].key)
    return replace(node, value=members)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)

"""What a pod reads and writes: URIs in its text, mounted buckets and claims, and where its checkpoints go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from guard.model.location import Location, whole_file
from guard.model.node import Node
from guard.model.resource import DataLink
from guard.model.value import Absent, Known, Unknown, Value

_URI = re.compile(
    r"(?:s3[an]?|gs|gcs|r2|cos|oss|obs|swift|minio|abfss?|wasbs?|adls?|azureml|dbfs|hdfs|hf|pvc|ngc|ollama|modelscope|"
    r"oci(?:\+native)?|model-registry|mlflow-artifacts)://[^\s\"'`|;,)\]}<>\\]{1,2000}"
    r"(?:\}[^\s\"'`|;,)\]}<>\\]{0,2000}){0,8}"
)
_OBJECT_STORE = re.compile(r"(?:s3[an]?|gs|gcs|r2|cos|oss|obs|abfss?|wasbs?|adls?|azureml|dbfs|hdfs)://")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}?|\$\([^)]*\)|\{\{.*?\}\}|\$[A-Za-z_]\w*|<[^<>]*>")
_REFERENCE = re.compile(r"\$\((\w{1,200})\)|\$\{(\w{1,200})\}|\$([A-Za-z_]\w{0,199})")
# A flag or a Hydra override: --output_dir=x, --ckpt-path x, trainer.default_root_dir=x.
_SAVING = re.compile(
    r"(?:^|(?<=[\s'\"]))(?:(?P<dashes>--?)|\+{1,2})?(?:[\w-]{1,60}\.)*(?P<name>\w[\w-]{0,80})"
    r"(?:=|(?(dashes)[ \t]+(?!-)|(?!)))(?P<value>[^\s'\";|&]{1,2000})"
)
_SAVING_NAME = re.compile(
    r"(?:.*_)?(?:checkpoints?|ckpts?)(?:_(?:dir|directory|path|uri|url|folder|root|location|save_dir|save_path))?"
    r"|(?:.*_)?(?:save|output|default_root|logging|exp|experiment|results?|artifacts?)"
    r"_(?:dir|directory|path|uri|url|folder|root|location|prefix)"
    r"|(?:save|output)|resume_from_checkpoint|storage_path|weights_save_path|aip_checkpoint_dir|aip_model_dir|save_model_to"
)
_WRITES = re.compile(r"output|save|checkpoint|ckpt|result|artifact|export|log|write|dest|upload|push", re.IGNORECASE)
_MODEL = re.compile(r"model|weights|lora|adapter|tokenizer|engine", re.IGNORECASE)
_CHECKPOINT = re.compile(r"checkpoint|ckpt", re.IGNORECASE)
_MODEL_SCHEMES = ("hf://", "ollama://", "modelscope://", "oci://", "oci+native://", "ngc://", "model-registry://")
_INTERVAL = re.compile(
    r"(?<![a-z0-9])(?:checkpoint|ckpt|save)\w{0,40}_(?P<unit>seconds|secs?|minutes|mins?|hours)"
    r"[= \t]+(?P<value>\d{1,9}(?:\.\d{1,9})?)\b"
)
_UNITS = {"s": Decimal(1) / 60, "m": Decimal(1), "h": Decimal(60)}
_TEXT_LIMIT = 200_000
_DURABLE_VOLUMES = (
    "persistentVolumeClaim",
    "nfs",
    "csi",
    "azureFile",
    "azureDisk",
    "awsElasticBlockStore",
    "gcePersistentDisk",
    "cephfs",
    "glusterfs",
    "iscsi",
    "rbd",
    "fc",
    "portworxVolume",
    "flexVolume",
)
_SECRET_DRIVERS = (
    "secrets-store.csi.k8s.io",
    "csi.cert-manager.io",
    "image.csi.k8s.io",
    "inline.storage.kubernetes.io",
)


class _Words(NamedTuple):
    """A scalar of a container with the name of the flag or variable that it belongs to."""

    name: str
    node: Node


def data_links(pod: Node, containers: Sequence[Node]) -> tuple[DataLink, ...]:
    """Return the data that these containers and the volumes of their PodSpec name, each once, at its scalar."""
    found: dict[tuple[str, Location], DataLink] = {}
    for container in containers:
        variables = _variables(container)
        for words in _texts(container):
            others = {name: value for name, value in variables.items() if name != words.name}
            for link in _links_in(words, others):
                found.setdefault((_shown(link.uri), link.location), link)
    for link in _volume_links(pod):
        found.setdefault((_shown(link.uri), link.location), link)
    return tuple(found.values())


def uri_link(node: Node | None, *, role: str = "data", direction: str = "read") -> tuple[DataLink, ...]:
    """Return the link that a field which holds a URI makes, nothing where it holds none (a model's name, a path)."""
    if node is None:
        return ()
    text = node.text()
    if isinstance(text, Known):
        if "://" not in text.value and _PLACEHOLDER.search(text.value) is None:
            return ()
        text = whole_uri(text.value, text.location)
    return (DataLink(uri=text, location=node.location, role=role, direction=direction),)


def text_links(node: Node, name: str = "") -> tuple[DataLink, ...]:
    """Return the URIs in a text (a configuration in a string, a value), at that text."""
    return tuple(_links_in(_Words(name, node), {}))


def checkpoint(pod: Node, containers: Sequence[Node], claims: Sequence[str] = ()) -> Value[str]:
    """Return the durable place that checkpoints go to: an object store's URI or a path below a durable volume.

    `claims` are the names of volume claim templates. Where only places that die with the pod are written, the answer is
    Absent at that text; where nothing is written, Absent at the arguments.
    """
    volumes = _durable(pod, claims)
    lost: Location | None = None
    undecided: Unknown | None = None
    for container in containers:
        mounts = _mounts(container)
        variables = _variables(container)
        workdir = container.text("workingDir")
        base = workdir.value if isinstance(workdir, Known) else ""
        for place in _saved(container):
            value = _resolved(place.value, variables)
            if _OBJECT_STORE.match(value) or _survives(value, base, mounts, volumes):
                return Known(value, place.location)
            if value.startswith(("$", "{{", "<")):
                undecided = undecided or Unknown(f"{value} has no value", place.location)
            else:
                lost = lost or place.location
    if undecided is not None:
        return undecided
    return Absent(lost or _arguments(pod, containers))


def checkpoint_minutes(containers: Sequence[Node]) -> Value[Decimal]:
    """Return how often a checkpoint is written, where a flag or variable says so in a unit of time.

    `--save-interval-minutes 30` and `CHECKPOINT_EVERY_SECONDS=600` do; a number of steps tells no time.
    """
    place = containers[0].location if containers else whole_file("")
    for container in containers:
        for words in _texts(container):
            text = words.node.text()
            if not isinstance(text, Known) or len(text.value) > _TEXT_LIMIT:
                continue
            said = text.value if "=" in text.value or " " in text.value else f"{words.name} {text.value}"
            match = _INTERVAL.search(said.replace("-", "_").lower())
            if match:
                return Known(Decimal(match["value"]) * _UNITS[match["unit"][0]], text.location)
    return Absent(place)


def _arguments(pod: Node, containers: Sequence[Node]) -> Location:
    """Return where an argument would be added."""
    for name in ("args", "command"):
        for container in containers:
            if container.get(name) is not None:
                return container.nearest(name)
    return containers[0].location if containers else pod.key or pod.location


def _links_in(words: _Words, variables: Mapping[str, str]) -> Iterator[DataLink]:
    text = words.node.text()
    if not isinstance(text, Known) or "://" not in text.value:
        return
    for match in _URI.finditer(_without_comments(text.value[:_TEXT_LIMIT])):
        uri = match[0].rstrip(".:")
        before = match.string[max(0, match.start() - 60) : match.start()]
        name = words.name if match.start() < 2 else f"{words.name} {before.split()[-1] if before.split() else ''}"
        yield DataLink(
            uri=whole_uri(_resolved(uri, variables), text.location),
            location=text.location,
            direction="write" if _WRITES.search(name) and not _MODEL.search(name) else "read",
            role=_role(name, uri),
        )


def _role(name: str, uri: str) -> str:
    if _CHECKPOINT.search(name):
        return "checkpoint"
    if uri.startswith(_MODEL_SCHEMES) or _MODEL.search(name):
        return "model"
    return "output" if _WRITES.search(name) else "data"


def whole_uri(uri: str, location: Location) -> Value[str]:
    """Return the URI, or where it holds a placeholder what is known of it."""
    hole = _PLACEHOLDER.search(uri)
    if hole is None:
        return Known(uri, location)
    return Unknown(f"{hole[0]} has no value", location, prefix=uri[: hole.start()])


def _without_comments(text: str) -> str:
    """Return a script with its comment lines blanked: what stands there is not in effect."""
    if "#" not in text:
        return text
    return re.sub(r"(?m)^[ \t]*#[^\n]*", lambda match: " " * len(match[0]), text)


def _texts(container: Node) -> Iterator[_Words]:
    for name in ("command", "args"):
        flag = ""
        for node in container.items(name):
            text = node.text()
            word = text.value if isinstance(text, Known) else ""
            is_flag = word.startswith("-") and len(word) < 200
            yield _Words(word.partition("=")[0] if is_flag else flag, node)
            flag = word if is_flag and "=" not in word else ""
    # A script of Argo Workflows is a container whose program stands in `source`.
    source = container.get("source")
    if source is not None:
        yield _Words("", source)
    for variable in container.items("env"):
        value = variable.get("value")
        if value is not None:
            named = variable.text("name")
            yield _Words(named.value if isinstance(named, Known) else "", value)


def _variables(container: Node) -> dict[str, str]:
    found = {}
    for variable in container.items("env"):
        name, value = variable.text("name"), variable.text("value")
        if isinstance(name, Known) and isinstance(value, Known):
            found[name.value] = value.value
    return found


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with references to environment variables of the same container put in, once."""

    def put(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        return variables.get(name, match[0])[:2000]

    return _REFERENCE.sub(put, text) if "$" in text and variables else text


def _saved(container: Node) -> Iterator[Known[str]]:
    """Yield every value of a flag or variable that says where to save, in the order of writing."""
    for words in _texts(container):
        text = words.node.text()
        if not isinstance(text, Known):
            continue
        if _saves(words.name) and not text.value.startswith("-"):
            yield Known(text.value.strip(), text.location)
            continue
        for match in _SAVING.finditer(_without_comments(text.value[:_TEXT_LIMIT])):
            if _saves(match["name"]):
                yield Known(match["value"], text.location)


def _saves(name: str) -> bool:
    plain = name.lstrip("-+").rpartition(".")[2].replace("-", "_").lower()
    return len(plain) < 80 and _SAVING_NAME.fullmatch(plain) is not None


def _mounts(container: Node) -> Mapping[str, str]:
    """Return the volume names by mount path."""
    found = {}
    for mount in container.items("volumeMounts"):
        path, name = mount.text("mountPath"), mount.text("name")
        if isinstance(path, Known) and isinstance(name, Known):
            found[path.value.rstrip("/")] = name.value
    return found


def _durable(pod: Node, claims: Sequence[str]) -> frozenset[str]:
    names = set(claims)
    for volume in pod.items("volumes"):
        name, driver = volume.text("name"), volume.text("csi", "driver")
        secret = isinstance(driver, Known) and driver.value in _SECRET_DRIVERS
        if isinstance(name, Known) and not secret and any(volume.get(one) is not None for one in _DURABLE_VOLUMES):
            names.add(name.value)
    return frozenset(names)


def _survives(path: str, base: str, mounts: Mapping[str, str], durable: frozenset[str]) -> bool:
    """Tell whether a path is on a durable volume; the longest mount path above it decides."""
    if not path.startswith("/"):
        if not base or path.startswith(("$", "{", "<", "~")) or "://" in path:
            return False
        path = f"{base.rstrip('/')}/{path.removeprefix('./')}"
    while path:
        if path in mounts:
            return mounts[path] in durable
        path = path.rpartition("/")[0]
    return mounts.get("") in durable


def _volume_links(pod: Node) -> Iterator[DataLink]:
    for volume in pod.items("volumes"):
        claim = volume.text("persistentVolumeClaim", "claimName")
        if isinstance(claim, Known):
            yield _mounted(f"pvc://{claim.value}", claim.location, volume, "persistentVolumeClaim")
        csi = volume.get("csi")
        bucket = bucket_of(csi) if csi is not None else None
        if bucket is not None:
            yield _mounted(bucket.value, bucket.location, volume, "csi")


_GCSFUSE = "gcsfuse.csi.storage.gke.io"


def bucket_of(csi: Node) -> Known[str] | None:
    """Return the URI of the bucket or container that a CSI volume mounts, None where it mounts none."""
    driver = csi.text("driver")
    name = driver.value if isinstance(driver, Known) else ""
    if name == "blob.csi.azure.com":
        container = csi.text("volumeAttributes", "containerName")
        account = csi.text("volumeAttributes", "storageAccount")
        if isinstance(container, Known) and isinstance(account, Known):
            return Known(f"https://{account.value}.blob.core.windows.net/{container.value}", container.location)
        return None
    scheme = {_GCSFUSE: "gs", "s3.csi.aws.com": "s3"}.get(name)
    bucket = csi.text("volumeAttributes", "bucketName")
    handle = csi.text("volumeHandle")
    # Of a PersistentVolume the handle is the bucket's name; "_" stands for all buckets.
    if name == _GCSFUSE and isinstance(bucket, Absent) and isinstance(handle, Known) and handle.value != "_":
        bucket = handle
    return Known(f"{scheme}://{bucket.value}", bucket.location) if scheme and isinstance(bucket, Known) else None


def _mounted(uri: str, location: Location, volume: Node, kind: str) -> DataLink:
    read_only = volume.flag(kind, "readOnly")
    direction = "read" if isinstance(read_only, Known) and read_only.value else "both"
    return DataLink(uri=whole_uri(uri, location), location=location, direction=direction)


def _shown(uri: Value[str]) -> str:
    return uri.value if isinstance(uri, Known) else getattr(uri, "reason", "")

"""What the readers of deployment specs share: labels, durations, URIs and numbers from plain nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from guard.model.accelerators import accelerator_name
from guard.model.instance import Item
from guard.model.location import Location
from guard.model.node import Node, is_sequence
from guard.model.platform import Source
from guard.model.resource import DataLink, Label, Labels, Purpose, Resource
from guard.model.value import Absent, Known, Unknown, Value, mapped

SECONDS_PER_HOUR = Decimal(3600)
_UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "w": Decimal(604800),
}
# Patterns are compiled when they are first asked for: most runs start without them.
_SPAN = r"(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h|d|w)"
_ISO = r"(?i)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?"
_ISO_SECONDS = (604800, 86400, 3600, 60, 1)
_URI = (
    r"(?:s3a?|s3n|gs|gcs|abfss?|wasbs?|azureml|hf|r2|cos|oci|nebius|dbfs)://[^\s'\"`,;<>()|\\]+"
    r"|azureml:[A-Za-z0-9_-][^\s'\"`,;<>()|\\]*"
    r"|https://[a-z0-9-]+\.(?:blob|dfs)\.core\.windows\.net/[^\s'\"`,;<>()|\\]+"
    r"|https://storage\.googleapis\.com/[^\s'\"`,;<>()|\\]+"
)
# A placeholder is the reader's to fill in: `${BUCKET}`, `$BUCKET`, `{{ bucket }}`, `<bucket>`.
_PLACEHOLDER = r"\$\{?\w|\{\{|<[^<>]+>"
_PURPOSES = (
    (r"jupyter (?:lab|notebook)|jupyter-lab|jupyterlab", Purpose.NOTEBOOK),
    (
        r"vllm serve|api_server|launch_server|text-generation-launcher|ollama serve|tritonserver",
        Purpose.INFERENCE,
    ),
    (
        r"train|fine-?_?tun|torchrun|deepspeed|accelerate launch|\b(?:sft|lora|qlora|dpo|grpo)\b",
        Purpose.TRAINING,
    ),
)
_QUANTITY = r"(?i)(\d+(?:\.\d+)?) ?([KMGTP]?)(i?)B?"
_POWERS = {"": -3, "K": -2, "M": -1, "G": 0, "T": 1, "P": 2}


class Items:
    """The items of a repository as a key of a cache: compared by identity, because items hold mappings."""

    __slots__ = ("all",)

    def __init__(self, items: tuple[Item, ...]) -> None:
        self.all = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Items) and other.all is self.all

    def __hash__(self) -> int:
        return id(self.all)


def root_of(source: Source) -> Node | None:
    """Return the root of a document item, None for a Terraform instance or a document that is not a mapping."""
    if isinstance(source, Item) and isinstance(source.node.value, Mapping):
        return source.node
    return None


def stem(source: Source) -> str:
    """Return the name of a document's file without its suffix, to call what has no name of its own."""
    path = source.path if isinstance(source, Item) else source.address
    return path.rpartition("/")[2].rpartition(".")[0] or path


def bare(node: Node, platform: str, kind: str, address: str, at: Location | None = None) -> Resource:
    """Return a resource of a spec with no facets yet, at `at` or the first line of its document."""
    where = at or node.key or node.location.start
    return Resource(
        address=address,
        type=kind,
        platform=platform,
        origin="spec",
        location=where,
        labels=Labels(where),
        region=Absent(where),
        zone=Absent(where),
        body=node,
    )


def has(node: Node, *names: str) -> bool:
    """Tell whether the mapping `node` has one of these keys, null or not."""
    return isinstance(node.value, Mapping) and any(name in node.value for name in names)


def written(node: Node, *path: str | int) -> str:
    """Return the text at `path`, "" where it is absent or unknown: for deciding what a document is."""
    value = node.text(*path)
    return value.value if isinstance(value, Known) else ""


def every(period: int, unit: str) -> str:
    """Return a schedule that repeats every `period` units (`day`, `weeks`, `MONTHS`), in AWS's notation or as cron."""
    name = unit.lower().removesuffix("s")
    if name == "week":
        return f"rate({period * 7} days)"
    if name == "month":
        return f"0 0 1 */{period} *" if period > 1 else "0 0 1 * *"
    return f"rate({period} {name}{'s' if period > 1 else ''})"


def place(node: Node) -> Location:
    """Return where a node's facts point: its key if it has one, else its first line."""
    return node.key or node.location


def labels(node: Node, *path: str | int, source: str = "resource", at: Location | None = None) -> Labels:
    """Return the labels at `path`: a mapping, or a list of `Key`/`Value` pairs in any letter case."""
    found = node.find(*path)
    if isinstance(found, Unknown):
        return Labels(found.location, {}, (found,))
    if isinstance(found, Absent):
        known = at is None or at == node.nearest(*path)
        return Labels(at or node.nearest(*path), below=node.unwritten(*path) if known else None)
    entries = {name: Label(one.text(), source, one.key) for name, one in _pairs(found.value)}
    return Labels(place(found.value), entries, below=() if isinstance(found.value.value, Mapping) else None)


def _pairs(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node.value, Mapping):
        yield from node.value.items()
    elif is_sequence(node.value):
        for one in node.value:
            key = next((written(one, name) for name in ("Key", "key", "Name", "name") if written(one, name)), "")
            value = one.get("Value") or one.get("value")
            if key:
                yield key, value or Node("", place(one))


def merged(*sets: Labels) -> Labels:
    """Return the labels of all, the later ones winning; one would be added where the last one is written."""
    entries: dict[str, Label] = {}
    for one in sets:
        entries |= one.entries
    unknown = tuple(unknown for one in sets for unknown in one.unknown)
    return Labels(sets[-1].location, entries, unknown, below=sets[-1].below)


def accelerator(value: Value[str]) -> Value[str]:
    """Return the maker's short name of an accelerator."""
    return mapped(value, accelerator_name)


def hours(value: Value[str], unit: str = "s") -> Value[Decimal]:
    """Return a duration in hours: `30m`, `1h30m`, `3600s`, `PT30M`, `2d`, or a bare number of `unit`s.

    A negative one (`-1`) stands for no limit and is absent.
    """
    if not isinstance(value, Known):
        return value
    seconds = _seconds(value.value.strip(), unit)
    if seconds is None:
        return Unknown(f"expected a duration such as 30m, found {value.value!r}", value.location)
    if seconds < 0:
        return Absent(value.location)
    return Known(seconds / SECONDS_PER_HOUR, value.location, value.trail)


def _seconds(text: str, unit: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        return number * _UNITS[unit] if abs(number.adjusted()) < 20 else None
    iso = re.fullmatch(_ISO, text)
    if iso and any(iso.groups()):
        return sum(
            (Decimal(part or 0) * size for part, size in zip(iso.groups(), _ISO_SECONDS, strict=True)), Decimal(0)
        )
    spans = list(re.finditer(_SPAN, text.lower()))
    if not spans or "".join(one.group() for one in spans) != text.lower().replace(" ", ""):
        return None
    return sum((Decimal(one.group(1)) * _UNITS[one.group(2)] for one in spans), Decimal(0))


def gib(value: Value[str], unit: str = "G") -> Value[Decimal]:
    """Return a size in GiB: `16Gi`, `512MB`, `24GB`, `1T`, or a bare number of `unit` (`G`, `M`, `` for bytes).

    Launchers write GB and mean GiB, so both count as GiB. A bound (`8+`, `24GB..`, `4x`) counts as its lower end.
    """
    if not isinstance(value, Known):
        return value
    text = re.split(r"\.\.|\+", value.value.strip(), maxsplit=1)[0]
    match = re.fullmatch(_QUANTITY, text) if len(text) < 40 else None
    if not match:
        return Unknown(f"expected a size such as 16Gi, found {value.value!r}", value.location)
    power = _POWERS[(match.group(2) or unit).upper()]
    return Known(Decimal(match.group(1)) * Decimal(1024) ** power, value.location, value.trail)


def at_least(value: Value[str]) -> Value[Decimal]:
    """Return a number or the lower end of a bound: `8`, `8+`, `2..4`."""
    if not isinstance(value, Known):
        return value
    text = re.split(r"\.\.|\+", value.value.strip(), maxsplit=1)[0]
    number = Node(text, value.location).number()
    return Known(number.value, value.location, value.trail) if isinstance(number, Known) else number


def uris(texts: Iterable[Node]) -> Iterator[Known[str]]:
    """Yield each URI of an object store or model hub that stands in these texts, once; comments of shell scripts do not
    count. The location is the text's."""
    seen: set[str] = set()
    for node in texts:
        if not isinstance(node.value, str) or len(node.value) > 200_000:
            continue
        code = "\n".join(line for line in node.value.splitlines() if not line.lstrip().startswith("#"))
        for match in re.finditer(_URI, code):
            uri = match.group().rstrip(".:&")
            if uri not in seen and not re.search(_PLACEHOLDER, uri):
                seen.add(uri)
                yield Known(uri, node.location, node.trail)


def strings(node: Node) -> Iterator[Node]:
    """Yield every text below `node`."""
    for _, one in node.walk():
        if isinstance(one.value, str):
            yield one


def links(node: Node, direction: str = "read", role: str = "data") -> tuple[DataLink, ...]:
    """Return a link for each URI in the texts below `node`."""
    return tuple(
        DataLink(uri=uri, location=uri.location, direction=direction, role=role) for uri in uris(strings(node))
    )


def purpose_of_commands(text: str, otherwise: Purpose) -> Purpose:
    """Return what commands and names say that a task is for."""
    for pattern, purpose in _PURPOSES:
        if re.search(pattern, text.lower()):
            return purpose
    return otherwise


def truth(value: Value[bool]) -> bool:
    """Tell whether `value` is known to be true."""
    return isinstance(value, Known) and value.value

"""How much accelerator memory a served model needs, from its parameters and precision, and how much there is."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from guard.model.price import Estimate, PriceBook
from guard.model.resource import Compute, Resource, Serving
from guard.model.rounding import rounded
from guard.model.value import Absent, Known, Unknown, Value
from guard.rules._machines import machine_specs, types

GIB = Decimal(2**30)
_BILLION = Decimal(10**9)

# GiB of one accelerator, at least and at most where products of one name differ. Source: the makers' data sheets
# (NVIDIA, AMD, Intel) and the product pages of Cloud TPU and AWS Neuron.
MEMORY: dict[str, tuple[int, int]] = {
    "K80": (12, 12), "M60": (8, 8), "P4": (8, 8), "P40": (24, 24), "P100": (12, 16), "V100": (16, 32), "T4": (16, 16),
    "T4g": (16, 16), "A2": (16, 16), "A10": (24, 24), "A10G": (24, 24), "A16": (16, 16), "A30": (24, 24),
    "A40": (48, 48), "A100": (40, 80), "A100-80GB": (80, 80), "L4": (24, 24), "L20": (48, 48), "L40": (48, 48),
    "L40S": (48, 48), "H20": (96, 141), "H100": (80, 96), "H100 NVL": (94, 94), "H200": (141, 141), "GH200": (96, 144),
    "B200": (180, 192), "B300": (270, 288), "GB200": (186, 192), "GB300": (278, 288), "RTX 3090": (24, 24),
    "RTX 4090": (24, 24), "RTX 5090": (32, 32), "RTX A6000": (48, 48), "RTX PRO 6000": (96, 96), "MI210": (64, 64),
    "MI250": (128, 128), "MI300X": (192, 192), "MI325X": (256, 256), "MI355X": (288, 288), "Gaudi2": (96, 96),
    "Gaudi3": (128, 128), "TPU v4": (32, 32), "TPU v5e": (16, 16), "TPU v5p": (95, 95), "TPU v6e": (32, 32),
    "TPU v7x": (192, 192), "Inferentia2": (32, 32), "Trainium1": (32, 32), "Trainium2": (96, 96),
}  # fmt: skip

# Bytes of one parameter. bitsandbytes loads in 4 bits unless it is told otherwise, GPTQ is nearly always of 4 bits.
_BYTES = {
    4: ("fp32", "float32", "float"),
    2: ("fp16", "float16", "half", "bf16", "bfloat16"),
    1: ("fp8", "int8", "w8a8", "w8a16", "fp8_e4m3", "experts_int8", "modelopt"),
}
_HALF_BYTE = (
    "int4", "fp4", "awq", "gptq", "w4a16", "nf4", "nvfp4", "mxfp4", "bitsandbytes", "bnb-4bit", "awq_marlin",
    "gptq_marlin", "modelopt_fp4", "petit_nvfp4",
)  # fmt: skip
_IN_NAME = re.compile(
    r"(?:^|[-_./])(?P<half>awq|gptq|int4|w4a16|nf4|nvfp4|mxfp4|(?:bnb-)?4bit|q4)|(?:^|[-_./])(?P<one>fp8|int8|w8a8|w8a16"
    r"|8bit|q8)|(?P<unknown>gguf|(?:^|[-_./])(?:q[2-6]_|int[23]|[2356]bit))",
    re.IGNORECASE,
)
_EIGHT_BITS = re.compile(r"gptq[-_]int8|[-_]8bit", re.IGNORECASE)
# Published by their makers in this precision and in no other.
_NATIVE = ((re.compile(r"gpt-oss", re.IGNORECASE), "mxfp4"),)
_SIZE = re.compile(r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)[ ]?([bm])(?![a-z0-9])", re.IGNORECASE)
_EXPERTS = re.compile(r"(?<![\w.])(\d{1,3})x(\d{1,4}(?:\.\d{1,3})?)b(?![a-z0-9])", re.IGNORECASE)
# Experts share what is not expert, so the product says too much (model cards of Mixtral 8x7B and 8x22B).
_MIXTURES = {("8", "7"): Decimal("46.7"), ("8", "22"): Decimal(141)}
_LONGEST = 300


class Need(NamedTuple):
    """What a model takes: GiB of its weights, how that was reckoned, and the fact that says which model it is."""

    weights_gib: Decimal
    reckoning: str
    fact: Known[str] | Known[Decimal]


class Held(NamedTuple):
    """What accelerators one replica has: how many of which, on how many machines or pods, and the facts that say so."""

    number: Decimal
    accelerator: Known[str]
    fact: Known[Decimal]
    group: Compute

    @property
    def words(self) -> str:
        """Return it as in a message: `4 x L4`."""
        return f"{plain(self.number)} x {self.accelerator.value}"

    def having(self, gib: Decimal) -> str:
        """Return what there is, with its memory: `4 x L4 have 96 GiB`."""
        return f"{self.words} {'has' if self.number == 1 else 'have'} {plain(gib)} GiB"


class Memory(NamedTuple):
    """GiB of accelerator memory that one replica has, at least and at most."""

    low: Decimal
    high: Decimal


def plain(number: Decimal) -> str:
    """Return a number without needless digits: one place after the point below ten, none above."""
    return f"{rounded(number, '0.1' if abs(number) < 10 else '1').normalize():f}"


def need(serving: Serving, assumed: str) -> Need | Unknown | None:
    """Return what a served model takes, with the precision `assumed` where none is told; None where no size is told."""
    size = parameters(serving)
    if size is None or isinstance(size, Unknown):
        return size
    number, fact = size
    told = precision(serving)
    if isinstance(told, Unknown):
        return told
    each = bytes_of(told.value if isinstance(told, Known) else assumed)
    if each is None:
        return None
    name = told.value if isinstance(told, Known) else f"{assumed} as nothing else is said"
    reckoning = f"{_short(number)} parameters of {plain(each)} {'byte' if each <= 1 else 'bytes'} ({name})"
    return Need(number * each / GIB, reckoning, fact)


def parameters(serving: Serving) -> tuple[Decimal, Known[str] | Known[Decimal]] | Unknown | None:
    """Return the number of parameters and the fact that tells it: written, or in the model's name (`-70b`, `8x7B`)."""
    written = serving.model_parameters
    if isinstance(written, Known):
        return written.value, written
    if isinstance(written, Unknown):
        return written
    name = serving.model_name
    if isinstance(name, Unknown):
        return name
    if isinstance(name, Absent):
        return None
    number = parameters_in(name.value)
    return (number, name) if number is not None else None


def parameters_in(name: str) -> Decimal | None:
    """Return the number of parameters that a model's name tells, None where it tells none or several."""
    text = name[:_LONGEST].rpartition("/")[2].replace("_", "-")
    experts = _EXPERTS.search(text)
    if experts is not None:
        size = _MIXTURES.get((experts[1], experts[2]))
        return size * _BILLION if size else None
    found = {Decimal(one[1]) * (_BILLION if one[2] in "bB" else 10**6) for one in _SIZE.finditer(text)}
    return found.pop() if len(found) == 1 else None


def precision(serving: Serving) -> Value[str]:
    """Return the precision of the weights: what the model's name tells of them, else what is set."""
    name = serving.model_name
    if isinstance(name, Known):
        told = _told(name.value[:_LONGEST])
        if told == "":
            return Unknown("how many bits the quantised weights have is not told", name.location)
        if told is not None:
            return Known(told, name.location, name.trail)
    own = serving.precision
    if isinstance(own, Known) and own.value.casefold() == "auto":
        return Absent(own.location)
    if isinstance(own, Known) and bytes_of(own.value) is None:
        return Unknown(f"how many bits a parameter has in {own.value} is not known", own.location)
    return own


def _told(name: str) -> str | None:
    if _EIGHT_BITS.search(name):
        return "int8"
    match = _IN_NAME.search(name)
    if match is None:
        return next((native for pattern, native in _NATIVE if pattern.search(name)), None)
    if match["unknown"]:
        return ""
    if match["one"]:
        return "fp8" if match["one"].casefold() == "fp8" else "int8"
    return match["half"].casefold() if match["half"].casefold() in _HALF_BYTE else "int4"


def bytes_of(name: str) -> Decimal | None:
    """Return the bytes of one parameter in this precision, None where they are not known."""
    folded = name.casefold()
    if folded in _HALF_BYTE:
        return Decimal("0.5")
    return next((Decimal(size) for size, names in _BYTES.items() if folded in names), None)


def held(resource: Resource) -> Held | Unknown | None:
    """Return the accelerators of one replica; None where it has none or it is not known how it is spread."""
    groups = [one for one in resource.compute if not isinstance(one.accelerator_count, Absent) and not _none(one)]
    if len(groups) != 1:
        return None
    group = groups[0]
    for fact in (group.accelerator_count, group.accelerator):
        if isinstance(fact, Unknown):
            return fact
    count, name, nodes = group.accelerator_count, group.accelerator, _nodes(resource, group)
    if not isinstance(count, Known) or not isinstance(name, Known) or nodes is None:
        return None
    return Held(count.value * nodes, name, count, group)


def memory(there: Held, prices: PriceBook) -> Memory | Unknown:
    """Return the accelerator memory of one replica, unknown where nothing tells how much one accelerator has."""
    each = _each(there.group, there.accelerator.value, prices)
    if each is None:
        reason = f"nothing tells how much memory one {there.accelerator.value} has"
        return Unknown(reason, there.accelerator.location)
    return Memory(each[0] * there.number, each[1] * there.number)


def part_of_pod(resource: Resource, estimate: Estimate, share: Decimal) -> Decimal | None:
    """Return USD a month of this share of a pod's accelerators, None where machines are taken whole."""
    if not all(one.share for one in resource.compute):
        return None
    amount = share * sum((line.low_monthly for line in estimate.lines if "hour" in line.unit), Decimal(0))
    return amount if amount > 0 else None


def _none(group: Compute) -> bool:
    return isinstance(group.accelerator_count, Known) and group.accelerator_count.value == 0


def _nodes(resource: Resource, group: Compute) -> int | None:
    """Return how many machines or pods one replica is spread over, None where that is not told."""
    serving = resource.serving
    if serving is None or not isinstance(group.count_max, Known):
        return 1 if isinstance(group.count_max, Absent) else None
    if not isinstance(serving.max_replicas, Known) or serving.max_replicas.value < 1:
        return 1 if isinstance(serving.max_replicas, Absent) else None
    nodes, rest = divmod(group.count_max.value, serving.max_replicas.value)
    return nodes if nodes >= 1 and rest == 0 else None


def _each(group: Compute, name: str, prices: PriceBook) -> tuple[Decimal, Decimal] | None:
    written = group.accelerator_memory_gib
    if isinstance(written, Known):
        return written.value, written.value
    for kind in types(group):
        specs = machine_specs(group, kind.value, prices)
        if specs is not None and specs.accelerator == name and specs.accelerator_memory_gib:
            return specs.accelerator_memory_gib, specs.accelerator_memory_gib
    known = MEMORY.get(name)
    if known is None or group.other_accelerators:
        return None
    return Decimal(known[0]), Decimal(known[1])


def _short(number: Decimal) -> str:
    if number >= _BILLION:
        return f"{rounded(number / _BILLION, '0.1').normalize():f}B"
    return f"{rounded(number / 10**6, '0.1').normalize():f}M"

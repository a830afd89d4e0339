"""No body of whatever shape makes the readers of Terraform instances fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.model.instance import Instance, Provider
from guard.model.location import Location, Span
from guard.model.node import Content, Node
from guard.model.platform import Platform, Surroundings
from guard.model.resource import Resource
from guard.model.value import Known, Unknown
from guard.platforms import aws, azure, google

PLACE = Location("main.tf", Span(1, 1, 1, 2))
KEYS = ("owner", "purpose", "key", "delete_after_days", "s3_uri")
SCALARS: tuple[Content, ...] = (
    *(None, True, False, 0, 1, 3, -2, 10**20, Decimal("0.5"), Decimal("9E999999"), Decimal("-9E999999")),
    *("spot", "SPOT", "ON_DEMAND", "on-demand", "p4d.24xlarge", "us-east-1a", "us-central1-a", "US", "East US", "10"),
    *(
        "-1",
        "v4-0",
        "v5litepod-8",
        "2x2",
        "Premium_LRS",
        "",
        "true",
        "3600s",
        "s3://b/ckpt",
        "czM6Ly9hL2NrcHQvMTIzNDU2",
    ),
    *(
        "t",
        "endpoint/t/variant/x",
        "\N{ARABIC-INDIC DIGIT ONE}",
        "\u0000",
        "a" * 5000,
        "Interface",
        "Enabled",
        "Delete",
    ),
    Unknown("var.x has no value", PLACE),
    Unknown("known after apply", PLACE, "aws_launch_template.t", "s3://b/"),
    Unknown("known after apply", PLACE, "google_container_cluster.t"),
)
PLATFORMS: tuple[tuple[Platform, tuple[str, ...]], ...] = (
    (aws.PLATFORM, (*aws.READERS, "aws_tomorrow")),
    (google.PLATFORM, (*google.READERS, "google_tomorrow")),
    (azure.PLATFORM, (*azure.READERS, "azurerm_tomorrow")),
)


class Anything(Mapping[str, Node]):
    """A mapping that has whatever key it is asked for, with a value of any kind, always the same one."""

    def __init__(self, random: Random, depth: int) -> None:
        self._random = random
        self._depth = depth
        self._made: dict[str, Node] = {}

    def __getitem__(self, key: str) -> Node:
        if key not in self._made:
            self._made[key] = anything(self._random, self._depth + 1)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(KEYS)

    def __len__(self) -> int:
        return len(KEYS)


def anything(random: Random, depth: int) -> Node:
    if depth > 6 or random.random() < 0.35:
        return Node(random.choice(SCALARS), PLACE, PLACE)
    if random.random() < 0.5:
        return Node(tuple(anything(random, depth + 1) for _ in range(random.randrange(3))), PLACE, PLACE)
    return Node(Anything(random, depth), PLACE, PLACE)


def made(kind: str, name: str, random: Random) -> Instance:
    body = Node(Anything(random, 0), PLACE)
    references = {"launch_template": ("aws_launch_template.t",), "cluster": ("google_container_cluster.t",)}
    return Instance(
        f"{kind}.{name}",
        kind,
        name,
        body,
        PLACE,
        PLACE,
        provider=Provider("aws", "", Node(Anything(random, 0), PLACE)),
        repeated=Unknown("var.n has no value", PLACE) if random.random() < 0.1 else None,
        references=references if random.random() < 0.5 else {},
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**64))
def test_readers_stand_every_body(seed: int) -> None:
    random = Random(seed)
    for platform, kinds in PLATFORMS:
        instances = [made(kind, name, random) for kind in kinds for name in ("t", "u")]
        around = Surroundings({one.address: one for one in instances})
        for one in instances:
            assert platform.claims(one)
            (resource,) = platform.resources(one, around)
            assert isinstance(resource, Resource)
            assert resource.address == one.address
            for compute in resource.compute:
                for count in (compute.count_min, compute.count_max):
                    assert not isinstance(count, Known) or isinstance(count.value, int)
            for fee in resource.fees:
                assert not isinstance(fee.quantity, Known) or isinstance(fee.quantity.value, Decimal)

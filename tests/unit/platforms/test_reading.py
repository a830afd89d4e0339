"""What `read` makes of all sources together: unique addresses, machine facts, regions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from guard.model.instance import Instance, Item
from guard.model.location import Location, Span
from guard.model.node import Content, Node
from guard.model.platform import Platform, Source, Surroundings
from guard.model.price import Band, Price, Specs
from guard.model.resource import Compute, Labels, Resource
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms import reading


class Prices:
    """A price book that knows two machines."""

    def specs(self, provider: str, instance_type: str) -> Specs | None:
        """Return the specs of p4d.24xlarge and m5.large."""
        if (provider, instance_type) == ("aws", "p4d.24xlarge"):
            return Specs(
                "aws", instance_type, Decimal(96), Decimal(1152), "A100", Decimal(8), Decimal(40), "test", "2026-08-22"
            )
        if (provider, instance_type) == ("aws", "m5.large"):
            return Specs("aws", instance_type, Decimal(2), Decimal(8), "", Decimal(0), None, "test", "2026-08-22")
        return None

    def compute(self, provider: str, sku: str, region: str, purchase: str = "on_demand") -> Band | None:
        """Return nothing: no price is needed to read."""
        return None

    def managed(self, provider: str, service: str, sku: str, region: str, purchase: str = "") -> Price | None:
        """Return nothing."""
        return None

    def storage(self, provider: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return nothing."""
        return ()

    def transfer(self, provider: str, source: str, destination: str) -> Price | None:
        """Return nothing."""
        return None

    def offers(self, provider: str, region: str, accelerator: str) -> tuple[Specs, ...]:
        """Return nothing."""
        return ()

    def machines(self, provider: str) -> tuple[Specs, ...]:
        """Return nothing."""
        return ()

    def as_of(self) -> str:
        """Return a day."""
        return "2026-08-22"


def place(line: int = 1, path: str = "a.tf") -> Location:
    return Location(path, Span(line, 1, line, 2))


def node(value: Content, line: int = 1) -> Node:
    return Node(value, place(line))


def machine(address: str, path: str, line: int, **facts: str) -> Resource:
    """Return a resource with one Compute facet of these facts."""
    where = place(line, path)
    values: dict[str, Value[str]] = {key: Known(value, where) for key, value in facts.items()}
    zone = values.pop("resource_zone", Absent(where))
    compute = Compute(
        location=where,
        provider="aws",
        instance_type=values.get("instance_type", Absent(where)),
        accelerator=values.get("accelerator", Absent(where)),
        zone=values.get("zone", Absent(where)),
        share="share" in facts,
    )
    return Resource(
        address=address,
        type="machine",
        platform="test",
        origin="spec",
        location=where,
        labels=Labels(where),
        region=Absent(where),
        zone=zone,
        body=Node({}, where),
        compute=(compute,),
    )


def offering(monkeypatch: pytest.MonkeyPatch, *platforms: Platform) -> None:
    """Let `read` find these platforms only."""
    monkeypatch.setattr(reading, "offered", lambda *_: {one.name: one for one in platforms})


def yielding(*resources: Resource) -> Platform:
    """Return a platform that claims everything and reads the resources whose path is the source's."""

    def resources_of(source: Source, around: Surroundings) -> Iterator[Resource]:
        path = source.path if isinstance(source, Item) else source.location.path
        yield from (one for one in resources if one.location.path == path)

    return Platform("test", lambda source: True, resources_of)


def read_machine(monkeypatch: pytest.MonkeyPatch, **facts: str) -> Resource:
    offering(monkeypatch, yielding(machine("m", "a.yaml", 3, **facts)))
    resources, problems = reading.read([], [Item("a.yaml", node({}))], Prices(), {})
    assert problems == ()
    return resources[0]


def test_machine_facts_come_from_the_instance_type(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = read_machine(monkeypatch, instance_type="ml.p4d.24xlarge").compute[0]
    where = place(3, "a.yaml")
    assert compute.accelerator == Known("A100", where)
    assert compute.accelerator_count == Known(Decimal(8), where)
    assert compute.accelerator_memory_gib == Known(Decimal(40), where)
    assert (compute.vcpu, compute.memory_gib) == (Known(Decimal(96), where), Known(Decimal(1152), where))


def test_what_is_written_wins_and_a_machine_without_accelerators_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    written = read_machine(monkeypatch, instance_type="m5.large", accelerator="T4").compute[0]
    assert isinstance(written.accelerator, Known)
    assert written.accelerator.value == "T4"
    assert isinstance(written.accelerator_count, Absent)
    bare = read_machine(monkeypatch, instance_type="m5.large").compute[0]
    assert isinstance(bare.accelerator, Absent)
    assert bare.accelerator_count == Known(Decimal(0), place(3, "a.yaml"))


def test_a_gpu_without_a_name_is_the_one_of_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = read_machine(monkeypatch, instance_type="p4d.24xlarge", accelerator="GPU", share="yes").compute[0]
    assert compute.accelerator == Known("A100", place(3, "a.yaml"))
    assert isinstance(compute.accelerator_count, Absent)


def test_a_share_of_a_machine_does_not_get_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    compute = read_machine(monkeypatch, instance_type="p4d.24xlarge", share="yes").compute[0]
    assert isinstance(compute.accelerator_count, Absent)
    assert isinstance(compute.vcpu, Absent)


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("us-east-1a", "us-east-1"),
        ("us-gov-west-1b", "us-gov-west-1"),
        ("us-west-2-lax-1a", "us-west-2"),
        ("us-central1-a", "us-central1"),
        ("northamerica-northeast1-c", "northamerica-northeast1"),
    ],
)
def test_region_comes_from_the_zone(monkeypatch: pytest.MonkeyPatch, zone: str, region: str) -> None:
    resource = read_machine(monkeypatch, resource_zone=zone)
    assert resource.region == Known(region, place(3, "a.yaml"))
    assert resource.compute[0].region == resource.region
    own = read_machine(monkeypatch, zone=zone).compute[0]
    assert own.region == Known(region, place(3, "a.yaml"))


def test_a_numbered_azure_zone_tells_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(read_machine(monkeypatch, resource_zone="1").region, Absent)


def test_equal_addresses_get_their_root_or_file_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    def instance(root: str) -> Instance:
        where = place(1, f"{root}/main.tf".lstrip("/"))
        return Instance("t.a", "t", "a", node({}), where, where, root)

    offering(
        monkeypatch,
        yielding(
            machine("t.a", "main.tf", 1),
            machine("t.a", "infra/prod/main.tf", 1),
            machine("t.b", "infra/prod/main.tf", 2),
            machine("Task/x", "b.yaml", 9),
            machine("Task/x", "b.yaml", 4),
        ),
    )
    roots = [("", [instance("")]), ("infra/prod", [instance("infra/prod")])]
    resources, _ = reading.read(roots, [Item("b.yaml", node({}))], Prices(), {})
    assert [(one.address, one.location.line) for one in resources] == [
        ("b.yaml:Task/x", 4),
        ("b.yaml:Task/x#2", 9),
        ("infra/prod:t.a", 1),
        ("t.b", 2),
        (".:t.a", 1),
    ]


def test_the_first_claimant_by_order_and_name_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def platform(name: str, order: int, claims: bool) -> Platform:
        def resources(source: Source, around: Surroundings) -> Iterator[Resource]:
            seen.append(name)
            return iter(())

        return Platform(name, lambda source: claims, resources, order)

    offering(
        monkeypatch, platform("a", 60, True), platform("c", 50, True), platform("b", 50, True), platform("z", 1, False)
    )
    reading.read([], [Item("a.yaml", node({}))], Prices(), {})
    assert seen == ["b"]


def test_a_bug_in_a_platform_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def resources(source: Source, around: Surroundings) -> Iterator[Resource]:
        raise LookupError("a bug")

    offering(monkeypatch, Platform("a", lambda source: True, resources))
    with pytest.raises(LookupError):
        reading.read([], [Item("a.yaml", node({}))], Prices(), {})


def test_an_unknown_instance_type_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    where = place(3, "a.yaml")
    resource = machine("m", "a.yaml", 3)
    facet = Compute(location=where, provider="aws", instance_type=Unknown("var.type has no value", where))
    unknown = Resource(
        address="m",
        type="machine",
        platform="test",
        origin="spec",
        location=where,
        labels=Labels(where),
        region=Absent(where),
        zone=Absent(where),
        body=resource.body,
        compute=(facet,),
    )
    offering(monkeypatch, yielding(unknown))
    resources, _ = reading.read([], [Item("a.yaml", node({}))], Prices(), {})
    assert resources[0].compute[0].instance_type == Unknown("var.type has no value", where)
    assert isinstance(resources[0].compute[0].accelerator_count, Absent)

"""Where data lies, as far as the repository tells."""

from __future__ import annotations

import pytest

from guard.model.location import Location, Span
from guard.model.node import Node
from guard.model.resource import DataLink, Labels, Resource, Storage
from guard.model.value import Absent, Known, Unknown, Value
from guard.platforms.links import Place, Store, linked, store_of


def place(line: int, path: str = "a.tf") -> Location:
    return Location(path, Span(line, 1, line, 2))


def resource(address: str, kind: str, line: int, region: Value[str], **extra: object) -> Resource:
    where = place(line)
    attributes = extra.get("attributes", {})
    assert isinstance(attributes, dict)
    links = extra.get("data", ())
    assert isinstance(links, tuple)
    return Resource(
        address=address,
        type=kind,
        platform="test",
        origin="terraform",
        location=where,
        labels=Labels(where),
        region=region,
        zone=Absent(where),
        body=Node({name: Node(value, where) for name, value in attributes.items()}, where),
        storage=(Storage(location=where),) if "bucket" in kind else (),
        data=links,
    )


def reader(uri: Value[str], address: str = "aws_instance.gpu") -> Resource:
    return resource(address, "aws_instance", 9, Absent(place(9)), data=(DataLink(uri=uri, location=place(9)),))


def bucket(name: str | None, region: str, address: str = "aws_s3_bucket.corpus") -> Resource:
    attributes = {"bucket": name} if name else {}
    return resource(address, "aws_s3_bucket", 1, Known(region, place(2)), attributes=attributes)


def resolve(uri: Value[str], *stores: Place, **locality: str) -> DataLink:
    seeker = reader(uri)
    places = (*stores, Place(seeker, seeker.address, "root"))
    return linked(places, {key.replace("_", "://"): value for key, value in locality.items()})[-1].data[0]


@pytest.mark.parametrize(
    ("uri", "store"),
    [
        ("s3://corpus/train", Store("s3", "corpus")),
        ("s3a://corpus", Store("s3", "corpus")),
        ("arn:aws:s3:::corpus/*", Store("s3", "corpus")),
        ("arn:aws-us-gov:s3:::corpus", Store("s3", "corpus")),
        ("https://corpus.s3.eu-west-1.amazonaws.com/x", Store("s3", "corpus")),
        ("gs://models/llm", Store("gs", "models")),
        ("abfss://train@lake.dfs.core.windows.net/x", Store("azure", "lake")),
        ("https://lake.blob.core.windows.net/c/x", Store("azure", "lake")),
        ("azureml://datastores/blob/paths/x", Store("azureml", "datastores/blob")),
        ("azureml:iris:1", None),
        ("hf://org/model", None),
        ("pvc://claim/x", None),
    ],
)
def test_a_uri_names_its_store(uri: str, store: Store | None) -> None:
    assert store_of(uri) == store


def test_a_bucket_of_the_same_name_tells_the_region_and_the_way_there() -> None:
    store = bucket("corpus", "eu-west-1")
    link = resolve(Known("s3://corpus/train", place(9)), Place(store, store.address, "root"))
    assert link.target == "aws_s3_bucket.corpus"
    assert isinstance(link.region, Known)
    assert (link.region.value, link.region.location) == ("eu-west-1", place(2))
    assert [step.location for step in link.region.trail] == [place(1)]


def test_a_reference_to_a_bucket_known_only_after_apply_is_found() -> None:
    store = bucket(None, "eu-west-1", "module.data.aws_s3_bucket.corpus[0]")
    unknown = Unknown("known only after apply", place(9), reference="module.data.aws_s3_bucket.corpus")
    link = resolve(unknown, Place(store, store.address, "root"))
    assert link.uri == Known("module.data.aws_s3_bucket.corpus[0]", place(9))
    assert link.target == "module.data.aws_s3_bucket.corpus[0]"
    assert isinstance(link.region, Known)


def test_a_reference_within_a_module_is_found_there() -> None:
    store = bucket(None, "eu-west-1", "module.train.aws_s3_bucket.corpus")
    seeker = reader(Unknown("?", place(9), reference="aws_s3_bucket.corpus"), "module.train.aws_instance.gpu")
    places = (Place(store, store.address, ""), Place(seeker, seeker.address, ""))
    assert linked(places, {})[1].data[0].target == "module.train.aws_s3_bucket.corpus"


def test_a_reference_does_not_reach_into_another_root() -> None:
    store = bucket(None, "eu-west-1")
    link = resolve(Unknown("?", place(9), reference="aws_s3_bucket.corpus"), Place(store, store.address, "other"))
    assert (link.target, link.region) == ("", Unknown("?", place(9)))


def test_the_same_name_in_two_roots_prefers_ones_own_and_else_must_agree() -> None:
    here, there = bucket("corpus", "eu-west-1", "here"), bucket("corpus", "us-east-1", "there")
    uri = Known("s3://corpus", place(9))
    assert resolve(uri, Place(there, "there", "other"), Place(here, "here", "root")).target == "here"
    link = resolve(uri, Place(there, "there", "other"), Place(here, "here", "third"))
    assert isinstance(link.region, Unknown)
    assert "there, here" in link.region.reason


def test_locality_speaks_for_stores_that_are_not_declared() -> None:
    uri = Known("s3://corpus/train", place(9))
    assert resolve(uri, s3_corpus="eu-west-1").region == Known("eu-west-1", place(9))
    # A name is whole: another bucket that begins alike is not meant.
    assert isinstance(resolve(Known("s3://corpus-old", place(9)), s3_corpus="eu-west-1").region, Unknown)
    link = linked((Place(reader(uri), "x", None),), {"s3://*": "a", "s3://corp*": "b"})[0].data[0]
    assert link.region == Known("b", place(9))


def test_what_is_told_nowhere_is_unknown_and_says_what_to_write() -> None:
    region = resolve(Known("s3://corpus/train", place(9))).region
    assert isinstance(region, Unknown)
    assert region.reason == (
        "the repository does not say where s3://corpus is: declare it under locality: in guard.yaml"
    )


def test_model_hubs_have_no_region() -> None:
    assert resolve(Known("hf://org/model", place(9))).region == Absent(place(9))


def test_an_s3_url_names_its_region() -> None:
    uri = Known("https://corpus.s3.eu-west-1.amazonaws.com/x", place(9))
    assert resolve(uri).region == Known("eu-west-1", place(9))

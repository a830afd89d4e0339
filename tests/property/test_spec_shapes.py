"""No shape of a document makes a reader of specs raise: each gets its example with any part replaced by anything."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.discover import offered
from guard.model.finding import Problem
from guard.model.instance import Item
from guard.model.location import Location, Span
from guard.model.node import Content, Node, is_sequence
from guard.model.platform import Platform, Surroundings
from guard.model.resource import Resource
from guard.model.value import Unknown
from guard.platforms.links import Place, linked
from tools.format_examples import EXAMPLES, items

FILES = {
    "azureml": "azureml.yaml",
    "bentoml": "bentoml.yaml",
    "cloudformation": "cloudformation.yaml",
    "cog": "cog.yaml",
    "compose": "compose.yaml",
    "databricks": "databricks.yaml",
    "dstack": "dstack.yaml",
    "huggingface": "huggingface.json",
    "mlflow": "MLmodel",
    "model_deployment": "model-deployment.yaml",
    "records": "records.yaml",
    "ray_serve": "ray_serve.yaml",
    "sagemaker_pipeline": "sagemaker_pipeline.json",
    "skypilot": "skypilot.yaml",
    "triton": "triton/config.pbtxt",
    "vertex": "vertex.yaml",
    "vllm_stack": "vllm_stack.yaml",
}
WHERE = Location("dir/config.pbtxt", Span(1, 1, 1, 2))
WORDS = [
    "",
    ":",
    "/",
    "..",
    "1..",
    "s3://",
    "s3://a b",
    "${var.x}",
    "${",
    "azureml:",
    "1e999999",
    "-1",
    "P",
    "PT",
    "x" * 500,
]
scalars: st.SearchStrategy[Content] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(WORDS),
    st.just(Unknown("?", WHERE, reference="CloudFormation/Weights", prefix="s3://")),
)


def node(value: Content) -> Node:
    return Node(value, WHERE, WHERE)


anything: st.SearchStrategy[Node] = st.recursive(
    scalars.map(node),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: node(tuple(members))),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(node),
    ),
    max_leaves=6,
)


def replaced(data: st.DataObject, where: Node) -> Node:
    """Return `where` with one part of it, chosen by `data`, replaced by anything."""
    value = where.value
    if data.draw(st.integers(0, 5)) == 0:
        return data.draw(anything)
    if isinstance(value, Mapping) and value:
        name = data.draw(st.sampled_from(sorted(value)))
        return Node({**value, name: replaced(data, value[name])}, where.location, where.key)
    if is_sequence(value) and value:
        i = data.draw(st.integers(0, len(value) - 1))
        return Node((*value[:i], replaced(data, value[i]), *value[i + 1 :]), where.location, where.key)
    return data.draw(anything)


@pytest.mark.parametrize("name", sorted(FILES))
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_no_shape_makes_a_reader_raise(name: str, data: st.DataObject) -> None:
    platform: Platform = import_module(f"guard.platforms.{name}").PLATFORM
    every = items(EXAMPLES / FILES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        i = data.draw(st.integers(0, len(every) - 1))
        every[i] = Item(every[i].path, replaced(data, every[i].node), i)
    around = Surroundings({}, tuple(every))
    for item in every:
        if platform.claims(item):
            things = list(platform.resources(item, around))
            assert all(isinstance(one, (Resource, Problem)) for one in things)
            places = tuple(Place(one, one.address, None) for one in things if isinstance(one, Resource))
            assert len(linked(places, {"s3://*": "eu-west-1"})) == len(places)


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_example_is_read_by_its_own_platform(name: str) -> None:
    platforms = sorted(offered("guard.platforms", "PLATFORM", Platform).values(), key=lambda one: (one.order, one.name))
    for item in items(EXAMPLES / FILES[name]):
        assert next(one.name for one in platforms if one.claims(item)) == name


@pytest.mark.parametrize(
    "text", ["a: 1", "on: push\njobs: {a: {runs-on: x}}", "services: {a: {image: x}}", "[1, 2]", "x"]
)
def test_other_documents_are_left_alone(text: str) -> None:
    from guard.formats.yaml import parse

    (root,) = parse("a.yaml", text).roots
    assert not [
        one.name
        for one in offered("guard.platforms", "PLATFORM", Platform).values()
        if one.claims(Item("a.yaml", root))
    ]

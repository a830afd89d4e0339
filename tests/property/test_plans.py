"""A plan is a stranger's text: whatever it holds, reading it ends, and what it says twice is the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.formats.json import FORMAT
from guard.inputs.memory import MemoryTree
from guard.platforms.reading import read
from guard.prices.book import open_book
from guard.terraform.plan import PlannedRoot, read_plan

BOOK = open_book()
NAMES = st.sampled_from(
    [
        "a",
        "id",
        "tags",
        "tags_all",
        "instance_type",
        "launch_template",
        "address",
        "references",
        "constant_value",
        "value",
    ]
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["", "aws_instance.a", "module.m", "x${y}"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=12,
)
ADDRESSES = st.sampled_from(["aws_instance.a", "module.m.aws_instance.a[0]", 'module.m["x"].aws_s3_bucket.b', "", "."])


def member(**fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.one_of(one, ANYTHING) for name, one in fixed.items()})


CHANGE = member(
    actions=st.lists(st.sampled_from(["create", "delete", "no-op", "update"]), max_size=2),
    before=st.dictionaries(NAMES, ANYTHING),
    after=st.dictionaries(NAMES, ANYTHING),
    after_unknown=st.dictionaries(NAMES, ANYTHING),
    after_sensitive=st.dictionaries(NAMES, ANYTHING),
)
RESOURCE = member(
    address=ADDRESSES,
    module_address=st.sampled_from(["module.m", 'module.m["x"]', "m"]),
    type=st.sampled_from(["aws_instance", "aws_s3_bucket", "google_container_node_pool"]),
    name=st.just("a"),
    mode=st.sampled_from(["managed", "data"]),
    index=st.one_of(st.integers(0, 2), st.just("x")),
    change=CHANGE,
    values=st.dictionaries(NAMES, ANYTHING),
)
KEPT = member(
    address=ADDRESSES,
    provider_config_key=st.sampled_from(["aws", "module.m:aws.eu"]),
    expressions=st.dictionaries(NAMES, member(references=st.lists(ADDRESSES, max_size=2), constant_value=ANYTHING)),
)
MODULE = member(
    resources=st.lists(KEPT, max_size=3), module_calls=st.dictionaries(st.just("m"), member(module=ANYTHING))
)
PLAN = st.fixed_dictionaries(
    {"format_version": st.one_of(st.just("1.2"), ANYTHING)},
    optional={
        "resource_changes": st.one_of(st.lists(RESOURCE, max_size=4), ANYTHING),
        "planned_values": member(root_module=member(resources=st.lists(RESOURCE, max_size=3), child_modules=ANYTHING)),
        "configuration": member(
            root_module=MODULE, provider_config=st.dictionaries(st.just("aws"), member(expressions=ANYTHING))
        ),
        "variables": st.dictionaries(st.sampled_from(["x", "y"]), member(value=ANYTHING)),
    },
)
FILES = {
    "main.tf": 'variable "x" {}\nresource "aws_instance" "a" {\n  instance_type = var.x\n}\n'
    'module "m" {\n  source = "./m"\n}\n',
    "m/main.tf": 'resource "aws_instance" "a" {\n  count = 2\n}\n',
}


def planned(content: object) -> PlannedRoot | None:
    text = json.dumps(content)
    return read_plan(FORMAT.parse("p.json", text), MemoryTree({**FILES, "p.json": text}))


@settings(max_examples=150, deadline=None)
@given(PLAN)
def test_reading_any_plan_ends_and_is_the_same_twice(content: dict[str, Any]) -> None:
    found = planned(content)
    if found is None:
        return
    again = planned(content)
    assert again is not None
    assert [one.address for one in found.instances] == [one.address for one in again.instances]
    for one in (*found.instances, *found.before_instances):
        assert one.location.path in {*FILES, "p.json"}
        for _, node in one.body.walk():
            assert node.location.line >= 1
    read([(found.root, found.instances)], [], BOOK, {})

"""Tags that cost is charged by: which they are, where a resource passes them on, and which resource means which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from guard.model.node import Node
from guard.model.resource import Labels, Resource
from guard.model.value import Known, Unknown, Value
from guard.rules._helpers import listed

_INSTANCE_KEY = re.compile(r"\[[^\]]*\]")

_SINGULAR = {"do": "does", "stop": "stops", "are": "is"}


def made_by_a_module(resource: Resource) -> bool:
    """Tell whether a resource stands where a module is called, so that nothing can be written into it there."""
    return any(call.location == resource.location for call in resource.calls)


def folded(key: str) -> str:
    """Return a key without what does not count: letter case, separators and a DNS prefix."""
    return "".join(one for one in key.rpartition("/")[2].casefold() if one.isalnum())


def charged(labels: Labels, keys: Iterable[str]) -> dict[str, Value[str]]:
    """Return those of the labels that are among `keys`, each as it is written."""
    wanted = {folded(key) for key in keys}
    return {key: one.value for key, one in sorted(labels.entries.items()) if folded(key) in wanted}


def told(keys: Sequence[str], verb: str) -> str:
    """Return the keys and the verb (`do`, `stop`, `are`) as a sentence begins with them: `tags owner and team do`."""
    if len(keys) > 1:
        return f"tags {listed(keys)} {verb}"
    return f"tag {keys[0]} {_SINGULAR[verb]}"


def written(tags: Mapping[str, Value[str]], keys: Iterable[str]) -> dict[str, str] | None:
    """Return these of the tags with their values, None where one is not known."""
    wanted = list(keys)
    known = {key: value.value for key in wanted if isinstance(value := tags[key], Known)}
    return known if len(known) == len(wanted) else None


def specifies(body: Node, kind: str) -> bool:
    """Tell whether a launch template has tag specifications for this kind of resource."""
    return any(_kind(one) == kind for one in body.items("tag_specifications"))


def specified(body: Node, kind: str) -> set[str] | Unknown:
    """Return the folded keys of the tags that a launch template gives to this kind of resource."""
    found: set[str] = set()
    for block in body.items("tag_specifications"):
        meant = block.text("resource_type")
        if isinstance(meant, Unknown):
            return meant
        if _kind(block) != kind:
            continue
        tags = block.get("tags")
        if tags is not None and isinstance(tags.value, Unknown):
            return tags.value
        found |= {folded(key) for key in block.fields("tags")}
    return found


def _kind(block: Node) -> str:
    kind = block.text("resource_type")
    return kind.value if isinstance(kind, Known) else ""


def propagated(template: Resource, groups: Iterable[Resource]) -> set[str]:
    """Return the folded keys that those of the autoscaling groups with this template give to their instances."""
    found: set[str] = set()
    places = (("launch_template",), ("mixed_instances_policy", "launch_template", "launch_template_specification"))
    for group in groups:
        if not any(means(group, template, *place) for place in places):
            continue
        for block in group.body.items("tag"):
            key, passed = block.text("key"), block.flag("propagate_at_launch")
            if isinstance(key, Known) and not (isinstance(passed, Known) and not passed.value):
                found.add(folded(key.value))
    return found


def means(one: Resource, other: Resource, *path: str) -> bool:
    """Tell whether `one` refers to `other` by what is at `path`: by a reference, or by its name."""
    node = one.body.get(*path)
    places = [node] if node is None or isinstance(node.value, (str, Unknown)) else [node.get("id"), node.get("name")]
    for place in places:
        if place is None:
            continue
        value = place.text()
        if isinstance(value, Unknown) and value.reference:
            wanted = _INSTANCE_KEY.sub("", value.reference)
            address = _INSTANCE_KEY.sub("", other.address).rpartition(":")[2]
            if address == wanted or address.endswith(f".{wanted}"):
                return True
        name = other.body.text("name")
        if isinstance(value, Known) and isinstance(name, Known) and value.value == name.value:
            return True
    return False

"""No text that a platform claims is passed over, and what nobody claims is not composed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.discover import offered
from guard.engine import find_rule, rule_names
from guard.formats import json, yaml
from guard.model.document import Format
from guard.model.instance import Item
from guard.model.platform import Platform
from guard.platforms.recognition import may_be_claimed

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PLATFORMS = tuple(offered("guard.platforms", "PLATFORM", Platform).values())
CLAIMED_BY = {
    "bento": "service: service:Summarization\npython: {}\n",
    "bento deployment": "name: chat\nbento: chat:1\nservices: {api: {instance_type: gpu.a10g.1}}\n",
    "cog": "build: {gpu: true}\npredict: predict.py\n",
    "compose": "services:\n  a: {deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}}\n",
    "databricks": "resources:\n  jobs: {}\n",
    "dstack": "'type': task\ncommands: [a]\n",
    "dstack, by an alias": "x: &kind task\ntype: *kind\ncommands: [a]\n",
    "huggingface": "compute:\n  accelerator: gpu\nmodel: {repository: a/b}\n",
    "azure ml": "type: AmlCompute\nname: a\nsize: Standard_NC6\n",
    "azure ml pipeline": "type: pipeline\njobs: {}\nenvironment: a\n",
    "one line": '{"kind": "Pod", "apiVersion": "v1"}',
    "an explicit key": "? apiVersion\n: v1\nkind: Pod\n",
    "an escaped key": '"api\\u0056ersion": v1\nkind: Pod\n',
    "ray serve": "applications: [{import_path: a:b}]\n",
    "skypilot": "num_nodes: 2\nrun: python train.py\n",
    "vllm": "servingEngineSpec: {modelSpec: [{name: a}]}\n",
    "vertex": "worker_pool_specs: [{machineSpec: {}}]\n",
}


def texts() -> Iterator[tuple[str, str]]:
    yield from ((f"{name}.yaml", text) for name, text in CLAIMED_BY.items())
    for path in sorted(EXAMPLES.rglob("*")):
        if path.suffix in (".yaml", ".yml", ".json"):
            yield str(path.relative_to(EXAMPLES)), path.read_text(encoding="utf-8")
    for rule in filter(None, map(find_rule, rule_names())):
        for example in (*rule.bad, *rule.good):
            yield from {example.path: example.text, **example.files}.items()


def claimed(path: str, text: str) -> list[str]:
    """Return the platforms that claim a document of the text."""
    form: Format = json.FORMAT if path.endswith(".json") else yaml.FORMAT
    items = [Item(path, root, at) for at, root in enumerate(form.parse(path, text).roots)]
    return [one.name for item in items for one in PLATFORMS if one.claims(item)]


@pytest.mark.parametrize("name", CLAIMED_BY)
def test_the_texts_of_this_test_are_claimed(name: str) -> None:
    assert claimed("a.yaml", CLAIMED_BY[name])


@pytest.mark.parametrize(("path", "text"), [one for one in texts() if one[0].endswith((".yaml", ".yml", ".json"))])
def test_a_text_that_is_claimed_is_recognised(path: str, text: str) -> None:
    assert may_be_claimed(text.encode()) or not claimed(path, text)


def test_a_template_may_be_anyone_s() -> None:
    assert may_be_claimed(b"{{ include }}: {{ x }}\n")


@pytest.mark.parametrize(
    "text",
    [
        "name: project\nservices:\n  - compute.googleapis.com\n",
        "values: {google_project: 1}\nresources: 12\n",
        "compute:\n  - a\n",
        "type: string\n",
        "service: storage.googleapis.com\n",
        "",
    ],
)
def test_common_keys_alone_are_nobody_s(text: str) -> None:
    assert not may_be_claimed(text.encode())

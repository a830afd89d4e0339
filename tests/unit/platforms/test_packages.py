"""Helm charts and kustomizations: what they make is judged where it is written, what is not judged is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from guard.formats.yaml import parse
from guard.inputs.memory import MemoryTree
from guard.inputs.programs import Programs
from guard.model.document import Document, Rendering
from guard.model.node import Node
from guard.platforms.packages import Unpacked, unpacked

CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: llm\nversion: 0.1.0\n",
    "chart/values.yaml": "# how many\nreplicas: 2\nowner: ml\nresources:\n  limits:\n    nvidia.com/gpu: 1\n",
    "chart/templates/llm.yaml": """\
{{- if .Values.replicas }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "name" . }}
  labels:
    {{- include "labels" . | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: llm
          image: "{{ .Values.owner }}/llm"
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
{{- end }}
""",
    "chart/templates/service.yaml": "kind: Service\nspec: {{ .Values.owner }} {{\n",
}
RENDERED = """\
---
# Source: llm/templates/service.yaml
kind: Service
---
# Source: llm/templates/llm.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-llm
  labels:
    app: llm
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: llm
          image: "ml/llm"
          resources:
            limits:
              nvidia.com/gpu: 1
"""
OVERLAY = {
    "base/kustomization.yaml": "resources: [llm.yaml]\n",
    "base/llm.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: sidecar
          image: proxy
        - name: llm
          image: vllm
""",
    "prod/kustomization.yaml": """\
namePrefix: prod-
resources: [../base]
commonLabels: {owner: ml}
patches:
  - path: more.yaml
  - target: {kind: Deployment, name: llm}
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: high
""",
    "prod/more.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
spec:
  replicas: 4
  template:
    spec:
      containers:
        - name: llm
          resources: {limits: {nvidia.com/gpu: 8}}
""",
}
BUILT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  labels: {owner: ml}
  name: prod-llm
spec:
  replicas: 4
  template:
    spec:
      containers:
        - image: proxy
          name: sidecar
        - image: vllm
          name: llm
          resources:
            limits:
              nvidia.com/gpu: 8
      priorityClassName: high
"""


@dataclass
class Fake:
    """Renders to what it was given, and keeps what it was asked."""

    answer: Rendering
    asked: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def chart(self, directory: str, files: Sequence[str]) -> Rendering:
        self.asked.append(("chart", directory, tuple(files)))
        return self.answer

    def kustomization(self, directory: str, files: Sequence[str]) -> Rendering:
        self.asked.append(("kustomization", directory, tuple(files)))
        return self.answer


def unpack(files: dict[str, str], fake: Fake | None) -> Unpacked:
    documents = [parse(path, text) for path, text in files.items() if path.endswith(".yaml")]
    return unpacked(MemoryTree(files), documents, (lambda: fake) if fake else None, lambda path: True)


def made(found: Unpacked, kind: str) -> Node:
    nodes = [root for one in found.documents for root in one.roots]
    (node,) = [one for one in nodes if getattr(one.text("kind"), "value", None) == kind]
    return node


def at(node: Node, *path: str | int) -> tuple[str, int, int]:
    found = node.get(*path)
    assert found is not None, path
    return found.location.path, found.location.line, found.location.column


def test_what_a_chart_makes_stands_in_its_templates_and_values() -> None:
    fake = Fake(Rendering(RENDERED))
    found = unpack(CHART, fake)
    assert found.problems == ()
    assert fake.asked == [("chart", "chart", tuple(sorted(CHART)))]
    node = made(found, "Deployment")
    container = ("spec", "template", "spec", "containers", 0)
    assert at(node, "kind") == ("chart/templates/llm.yaml", 3, 7)
    assert at(node, "metadata", "name") == ("chart/templates/llm.yaml", 5, 3)
    assert at(node, "metadata", "labels", "app")[:2] == ("chart/templates/llm.yaml", 6)
    assert at(node, "spec", "replicas") == ("chart/values.yaml", 2, 11)
    assert at(node, *container, "name") == ("chart/templates/llm.yaml", 13, 17)
    assert at(node, *container, "image")[:2] == ("chart/templates/llm.yaml", 14)
    assert at(node, *container, "resources", "limits", "nvidia.com/gpu") == ("chart/values.yaml", 6, 21)


def test_the_parts_of_a_rendered_chart_are_not_judged_beside_it() -> None:
    found = unpack(CHART, Fake(Rendering(RENDERED)))
    paths = [one.path for one in found.documents if one.text]
    assert paths == ["chart/Chart.yaml"]


def test_a_chart_that_is_not_rendered_is_told_of_once() -> None:
    found = unpack(CHART, Fake(Rendering(None, "helm is not installed")))
    (problem,) = found.problems
    assert problem.advisory and not problem.blocking and problem.code == "template"
    assert problem.message.startswith("the chart chart is not judged: helm is not installed")
    assert problem.location is not None and problem.location.path == "chart/Chart.yaml"
    assert [p for one in found.documents for p in one.problems] == []
    assert "chart/values.yaml" in [one.path for one in found.documents]


def test_templates_outside_of_charts_stay_problems_of_their_own() -> None:
    text = {"x.yaml": "a: {{ b }} {{\n"}
    found = unpack({**CHART, **text}, None)
    assert [p.code for one in found.documents for p in one.problems] == ["template"]


def test_a_dependency_and_a_library_are_no_charts_of_their_own() -> None:
    inner = {path.replace("chart/", "chart/charts/inner/", 1): text for path, text in CHART.items()}
    library = {"lib/Chart.yaml": "name: lib\ntype: library\n", "lib/templates/_x.yaml": "{{ define }} {{\n"}
    fake = Fake(Rendering(RENDERED))
    unpack({**CHART, **inner, **library}, fake)
    assert [one[1] for one in fake.asked] == ["chart"]


def test_what_is_built_stands_in_its_patch_and_its_base() -> None:
    fake = Fake(Rendering(BUILT))
    found = unpack(OVERLAY, fake)
    assert fake.asked == [("kustomization", "prod", tuple(sorted(OVERLAY)))]
    node = made(found, "Deployment")
    spec = ("spec", "template", "spec")
    assert at(node, "spec", "replicas") == ("prod/more.yaml", 5, 13)
    assert at(node, *spec, "containers", 0, "image") == ("base/llm.yaml", 10, 18)
    assert at(node, *spec, "containers", 1, "image") == ("base/llm.yaml", 12, 18)
    assert at(node, *spec, "containers", 1, "resources", "limits", "nvidia.com/gpu") == ("prod/more.yaml", 10, 48)
    assert at(node, *spec, "priorityClassName") == ("prod/kustomization.yaml", 10, 16)
    assert at(node, "metadata", "labels", "owner") == ("prod/kustomization.yaml", 3, 23)
    assert at(node, "metadata", "name") == ("base/llm.yaml", 3, 18)


def test_patches_are_no_objects_where_nothing_builds_them() -> None:
    found = unpack(OVERLAY, None)
    (problem,) = found.problems
    assert problem.advisory
    assert problem.message == (
        "the kustomization prod is not built: rendering is turned off; its resources are judged without its patches"
    )
    assert at(made(found, "Deployment"), "spec", "replicas") == ("base/llm.yaml", 5, 13)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("https://example.com/x.yaml", "https://example.com/x.yaml is elsewhere, and guard fetches nothing"),
        ("git@github.com:a/b", "git@github.com:a/b is elsewhere, and guard fetches nothing"),
        ("github.com/a/b?ref=v1", "github.com/a/b?ref=v1 is elsewhere, and guard fetches nothing"),
        ("../../../etc", "../../../etc is not there"),
    ],
)
def test_nothing_is_asked_where_something_would_be_fetched(entry: str, reason: str) -> None:
    fake = Fake(Rendering(BUILT))
    found = unpack({"k/kustomization.yaml": f"commonLabels: {{a: b}}\nresources: ['{entry}']\n"}, fake)
    assert fake.asked == []
    assert found.problems[0].message == f"the kustomization k is not built: {reason}"


def test_a_kustomization_that_changes_nothing_is_judged_as_it_is_written() -> None:
    fake = Fake(Rendering(BUILT))
    files = {"k/kustomization.yaml": "resources: [llm.yaml]\nnamespace: x\n", "k/llm.yaml": OVERLAY["base/llm.yaml"]}
    assert unpack(files, fake).problems == ()
    assert fake.asked == []


def test_kustomizations_that_refer_to_each_other_end() -> None:
    files = {
        "a/kustomization.yaml": "resources: [../b]\nnameSuffix: x\nreplicas: [{name: a, count: 1}]\n",
        "b/kustomization.yaml": "resources: [../a]\nreplicas: [{name: a, count: 1}]\n",
    }
    assert unpack(files, Fake(Rendering(BUILT))).documents


def test_packages_that_nobody_asked_for_are_left_alone() -> None:
    fake = Fake(Rendering(RENDERED))
    documents = [Document("a.yaml", "")]
    found = unpacked(
        MemoryTree({**CHART, **OVERLAY, "a.yaml": ""}), documents, lambda: fake, lambda path: path == "a.yaml"
    )
    assert fake.asked == [] and found.problems == ()


def test_kubectl_builds_what_is_judged() -> None:
    programs = Programs(MemoryTree(OVERLAY))
    answer = programs.kustomization("prod", sorted(OVERLAY))
    if answer.text is None:
        pytest.skip(answer.reason)
    found = unpacked(MemoryTree(OVERLAY), (), lambda: programs, lambda path: True)
    assert at(made(found, "Deployment"), "spec", "replicas") == ("prod/more.yaml", 5, 13)


def program(directory: Path, name: str, text: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(directory)


def test_a_program_sees_only_the_copy_and_a_bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    path = program(tmp_path, "helm", 'echo "a: $(pwd)"; env; cat values.yaml; echo "$@"')
    answer = Programs(MemoryTree(CHART), path).chart("chart", sorted(CHART))
    assert answer.text is not None and "hush" not in answer.text
    assert "KUBECONFIG=/dev/null" in answer.text and "replicas: 2" in answer.text
    assert "template release . --skip-tests" in answer.text
    assert not Path(answer.text.splitlines()[0].removeprefix("a: ")).exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("echo 'Error: chart is broken' >&2; exit 1", "helm: chart is broken"),
        ("exit 3", "helm: it failed"),
        ("sleep 60 & sleep 60", "helm took too long"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "helm wrote more than"),
    ],
)
def test_a_program_that_fails_is_told_of(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.inputs.programs.MOST_SECONDS", 0.7)
    monkeypatch.setattr("guard.inputs.programs.MOST_OUTPUT", 10_000)
    answer = Programs(MemoryTree(CHART), program(tmp_path, "helm", text)).chart("chart", sorted(CHART))
    assert answer.text is None and answer.reason.startswith(reason)


def test_programs_of_the_checked_directory_are_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "helm", "echo a: b")
    monkeypatch.chdir(tmp_path)
    assert Programs(MemoryTree(CHART), ".:").chart("chart", sorted(CHART)).reason == "helm is not installed"

"""YAML as Kubernetes reads it: values, positions, several documents, tags, merges and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from guard.formats import yaml
from guard.model.location import Span
from guard.model.node import Node, is_sequence
from guard.model.value import Unknown


def root(text: str) -> Node:
    document = yaml.parse("a.yaml", text)
    assert document.problems == ()
    (found,) = document.roots
    return found


def plain(node: Node) -> object:
    if isinstance(node.value, Mapping):
        return {name: plain(child) for name, child in node.value.items()}
    if is_sequence(node.value):
        return [plain(child) for child in node.value]
    return node.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1_000", -1000),
        ("0x1F", 31),
        ("0777", 511),
        ("0o17", 15),
        ("0b101", 5),
        ("08", Decimal(8)),
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("1:30", "1:30"),
        ("1.2.3", "1.2.3"),
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("True", True),
        ("~", None),
        ("", None),
        ("null", None),
        ("2024-01-01", "2024-01-01"),
        ("'1'", "1"),
        ('"\\u00e9\\n"', "é\n"),
        ("!!str 1", "1"),
        ("!!int '1'", 1),
        ("10Gi", "10Gi"),
        ("'-'", "-"),
    ],
)
def test_scalars_mean_what_they_mean_to_kubernetes(text: str, value: object) -> None:
    found = root(f"a: {text}\n").fields()["a"].value
    assert found == value
    assert type(found) is type(value)


def test_infinities_are_unknown() -> None:
    assert isinstance(root("a: .inf").fields()["a"].value, Unknown)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_positions_count_code_points(mark: str) -> None:
    found = root(mark + 'ключ: "é😀"\nlist:\n- a: [1, 2]\n  b: |\n    x\n    y\n\n# comment\nlast: 1\n')
    first = found.get("ключ")
    assert first is not None
    assert first.location.span == Span(1, 7, 1, 11)
    assert first.key is not None
    assert first.key.span == Span(1, 1, 1, 5)
    item = found.get("list", 0)
    assert item is not None
    assert item.location.span == Span(3, 3, 6, 6)
    block = item.get("b")
    assert block is not None
    assert block.location.span == Span(4, 6, 6, 6)
    second = item.get("a", 1)
    assert second is not None
    assert second.location.span == Span(3, 10, 3, 11)


def test_lines_are_those_of_an_editor() -> None:
    found = root('a: "x\u2028y"\r\nb: 1\r\n')
    node = found.get("b")
    assert node is not None
    assert node.location.span == Span(2, 4, 2, 5)


def test_aliases_and_merges() -> None:
    found = root(
        "base: &b {cpu: 1, gpu: 2}\nnode:\n  <<: *b\n  gpu: 4\nother: *b\nmany:\n  <<: [{x: 1}, {x: 2, y: 3}]\n"
    )
    assert plain(found) == {
        "base": {"cpu": 1, "gpu": 2},
        "node": {"gpu": 4, "cpu": 1},
        "other": {"cpu": 1, "gpu": 2},
        "many": {"x": 1, "y": 3},
    }
    merged = found.get("node", "cpu")
    assert merged is not None
    assert merged.location.span == Span(1, 16, 1, 17)


def test_a_node_that_ends_with_an_alias_ends_at_its_key() -> None:
    assert root("a: &x {b: 1}\nc: *x\n").location.span == Span(1, 1, 2, 2)


def test_short_tags_become_functions() -> None:
    found = root("a: !Ref Bucket\nb: !Sub ['${x}', {x: 1}]\nc: !GetAtt A.B\nd: !vault secret\ne: !If\n- C\n- 1\n- 2\n")
    assert plain(found) == {
        "a": {"Ref": "Bucket"},
        "b": {"Fn::Sub": ["${x}", {"x": 1}]},
        "c": {"Fn::GetAtt": "A.B"},
        "d": {"!vault": "secret"},
        "e": {"Fn::If": ["C", 1, 2]},
    }


def test_empty_documents_are_skipped_and_a_broken_one_takes_no_other() -> None:
    document = yaml.parse("a.yaml", "---\n# none\n---\nkind: A\n---\nkind: [unclosed\nx: y\n---\nkind: C\n")
    assert [plain(each) for each in document.roots] == [{"kind": "A"}, {"kind": "C"}]
    (problem,) = document.problems
    assert problem.code == "syntax"
    assert problem.location is not None
    assert problem.location.line == 6
    assert document.roots[1].location.span == Span(9, 1, 9, 8)
    assert yaml.parse("a.yaml", "# nothing\n").roots == ()


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ('a: "never closed\nb: 1\n', 1, 4, "never closed"),
        ("a: @x\n", 1, 4, "may not begin"),
        ("a: b: c\n", 1, 5, "colon"),
        ("a:\n\t- b\n", 2, 1, "spaces in place of tabs"),
        ("a: *none\n", 1, 4, "anchor"),
        ("a: \x01\n", 1, 4, "control character"),
        ("a: \udcff\n", 1, 4, "UTF-8"),
        ("a: &x [*x]\n", 1, 1, "holds the alias itself"),
        ("a: &x\n  - *x\n", 1, 1, "holds the alias itself"),
        ("a: " + "[" * 300 + "\n", 1, 203, "nested too deeply"),
        ("- " * 300 + "1\n", 1, 401, "nested too deeply"),
    ],
)
def test_mistakes_are_placed(text: str, line: int, column: int, says: str) -> None:
    problem = yaml.parse("a.yaml", text).problems[0]
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (line, column)
    assert says in problem.message


def test_a_key_written_twice_is_told_and_the_last_counts() -> None:
    document = yaml.parse("a.yaml", "a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert plain(document.roots[0]) == {"a": 3, "b": {"c": 2}}
    assert sorted((p.location.line, p.location.column) for p in document.problems if p.location) == [(2, 11), (3, 1)]
    assert not any(problem.blocking for problem in document.problems)


def test_templates_are_not_broken_files() -> None:
    document = yaml.parse("a.yaml", "{{- if .Values.x }}\nkind: A\n{{- end }}\n")
    (problem,) = document.problems
    assert (document.roots, problem.code, problem.blocking) == ((), "template", False)
    value = root("replicas: {{ .Values.n }}\n").fields()["replicas"].value
    assert isinstance(value, Unknown)
    assert "{{ .Values.n }}" in value.reason


def test_laughs_are_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    document = yaml.parse("a.yaml", "\n".join(lines))
    assert document.roots == ()
    assert "expand" in document.problems[0].message


def test_embedded_yaml_keeps_its_place_in_a_literal_block() -> None:
    document = yaml.parse(
        "a.yaml", 'spec:\n  serveConfigV2: |\n\n    applications:\n      - name: é\n  folded: "x: 1"\n'
    )
    node = document.roots[0].get("spec", "serveConfigV2")
    assert node is not None
    name = yaml.parse_embedded(document, node).roots[0].get("applications", 0, "name")
    assert name is not None
    assert name.location.span == Span(5, 15, 5, 16)
    folded = document.roots[0].get("spec", "folded")
    assert folded is not None
    inner = yaml.parse_embedded(document, folded).roots[0].get("x")
    assert inner is not None
    assert (inner.value, inner.location) == (1, folded.location)

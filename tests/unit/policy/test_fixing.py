"""Changes become edits in the style of the text around them, and only where that is certain."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.model.change import Append, Block, Change, Code, Data, Put
from guard.model.finding import Edit, Finding, Fix, Severity
from guard.model.location import Location, Span
from guard.policy._fix_hcl import UncertainError
from guard.policy.fixing import Fixer, reads_as_well
from guard.policy.patching import PatchError, patched

RULE = Block({"action": Block({"type": "Delete"}), "condition": Block({"age": 30})})


def at(text: str, words: str, path: str) -> Location:
    start = text.index(words)
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return Location(path, Span(line, column, line, column + len(words)))


def changed(path: str, text: str, *changes: Change) -> str:
    return patched(path, text, Fixer({path: text}).edits(changes))


def put(path: str, text: str, words: str, steps: tuple[str | int, ...], value: Data) -> str:
    return changed(path, text, Put(at(text, words, path), steps, value))


HCL = [
    ("a {}", ("tags", "owner"), "ml", 'a {\n  tags = {\n    owner = "ml"\n  }\n}'),
    ("a { b = 1 }", ("c",), True, "a {\n  b = 1\n  c = true\n}"),
    ("a {\n}", ("c",), 2, "a {\n  c = 2\n}"),
    ("a {\n\tb = 1\n}", ("c",), 2, "a {\n\tb = 1\n\tc = 2\n}"),
    ("a {\n  bb = 1 # why\n}", ("c",), 2, "a {\n  bb = 1 # why\n  c  = 2\n}"),
    ("a {\n  b = 1\n  c = 2\n}", ("long",), 3, "a {\n  b    = 1\n  c    = 2\n  long = 3\n}"),
    ("a {\n  x = 1\n\n  b = 1\n}", ("long",), 3, "a {\n  x = 1\n\n  b    = 1\n  long = 3\n}"),
    ("a {\n  tags = { x = 1 }\n}", ("tags", "y"), "z", 'a {\n  tags = { x = 1, y = "z" }\n}'),
    ("a {\n  tags = { x : 1 }\n}", ("tags", "y"), "z", 'a {\n  tags = { x : 1, y : "z" }\n}'),
    ("a {\n  tags = {}\n}", ("tags",), {"x": 1, "y-z": Decimal("1.5")}, "a {\n  tags = { x = 1, y-z = 1.5 }\n}"),
    ("a {\n  tags = {\n  }\n}", ("tags", "x"), 1, "a {\n  tags = {\n    x = 1\n  }\n}"),
    (
        'a {\n  tags = {\n    "x" = 1,\n    "y" = 2\n  }\n}',
        ("tags", "z"),
        3,
        'a {\n  tags = {\n    "x" = 1,\n    "y" = 2,\n    "z" = 3\n  }\n}',
    ),
    (
        "a {\n  tags = {\n    x = 1, # one\n  }\n}",
        ("tags", "yy"),
        2,
        "a {\n  tags = {\n    x  = 1, # one\n    yy = 2,\n  }\n}",
    ),
    ("a {\n  tags = var.t\n}", ("tags", "x"), 1, "a {\n  tags = merge({ x = 1 }, var.t)\n}"),
    ("a {\n  tags = merge(var.t, var.u)\n}", ("tags", "x"), 1, "a {\n  tags = merge({ x = 1 }, var.t, var.u)\n}"),
    ("a {\n  tags = merge({ y = 2 }, t)\n}", ("tags", "x"), 1, "a {\n  tags = merge({ y = 2, x = 1 }, t)\n}"),
    ('a {\n  b = "gp2" # old\n}', ("b",), "gp3", 'a {\n  b = "gp3" # old\n}'),
    ('a {\n  b {\n    t = "gp2"\n  }\n}', ("b", "t"), "gp3", 'a {\n  b {\n    t = "gp3"\n  }\n}'),
    ("a {\n  b {\n  }\n  b {\n  }\n}", ("b", 1, "t"), 1, "a {\n  b {\n  }\n  b {\n    t = 1\n  }\n}"),
    ("a {\n  b = false\n}", (), {"b": True, "c": ("x", "y")}, 'a {\n  b = true\n  c = ["x", "y"]\n}'),
    (
        "a {\n  b = 1\n}",
        ("lifecycle_rule",),
        RULE,
        'a {\n  b = 1\n\n  lifecycle_rule {\n    action {\n      type = "Delete"\n    }\n\n'
        "    condition {\n      age = 30\n    }\n  }\n}",
    ),
    ("a {\n  b = 1\n}", ("t",), 'say "${x}" %{y}', 'a {\n  b = 1\n  t = "say \\"$${x}\\" %%{y}"\n}'),
    ("a {\n  b = 1\n}", ("t",), Code("x.y.id"), "a {\n  b = 1\n  t = x.y.id\n}"),
]


@pytest.mark.parametrize(("text", "steps", "value", "expected"), HCL)
def test_hcl_is_written_in_its_own_style(text: str, steps: tuple[str | int, ...], value: Data, expected: str) -> None:
    assert put("main.tf", text + "\n", "a", steps, value) == expected + "\n"


def test_several_entries_keep_their_order_and_line_ends() -> None:
    text = "\ufeffa {\r\n  tags = {\r\n    x = 1\r\n  }\r\n}\r\n"
    after = put("main.tf", text.replace("\ufeff", ""), "a", ("tags",), {"y": 2, "zz": 3})
    assert after == "a {\r\n  tags = {\r\n    x  = 1\r\n    y  = 2\r\n    zz = 3\r\n  }\r\n}\r\n"
    place = Location("main.tf", Span(2, 3, 2, 7))
    assert changed("main.tf", text, Put(place, ("zz",), 3)).startswith("\ufeffa {\r\n  tags = {\r\n    x  = 1\r\n")


def test_a_block_is_added_below_another() -> None:
    text = 'resource "a" "b" {\n}\n\nresource "c" "d" {}\n'
    change = Append(at(text, 'resource "a" "b"', "m.tf"), "resource", ("e", "f"), {"bucket": Code("a.b.id")})
    assert changed("m.tf", text, change) == (
        'resource "a" "b" {\n}\n\nresource "e" "f" {\n  bucket = a.b.id\n}\n\nresource "c" "d" {}\n'
    )


YAML = [
    ("a:\n  b: 1\n", "a", ("c",), "x", "a:\n  b: 1\n  c: x\n"),
    ("a:\n  b: 1", "a", ("c",), "1042", 'a:\n  b: 1\n  c: "1042"'),
    ("a:\n  b: 'x'\n", "a", ("c",), "y", "a:\n  b: 'x'\n  c: 'y'\n"),
    ("a: {b: 1}\n", "a", ("c",), "yes", 'a: {b: 1, c: "yes"}\n'),
    ("a: {}\n", "a", ("c", "d"), "x", "a: {c: {d: x}}\n"),
    ("a:\nb: 1\n", "a", ("c", "d"), "x", "a:\n  c:\n    d: x\nb: 1\n"),
    ("a:\n  - b: 1\n    # end\nc: 2\n", "a", (0, "d"), 3, "a:\n  - b: 1\n    d: 3\n    # end\nc: 2\n"),
    ("a:\n  b: |\n    x\n\nc: 1\n", "a", ("d",), 2, "a:\n  b: |\n    x\n  d: 2\n\nc: 1\n"),
    ("a:\n  b: 0 # why\n", "a", ("b",), 1, "a:\n  b: 1 # why\n"),
    ("a:\n  b: 'x'\n", "a", ("b",), "y", "a:\n  b: 'y'\n"),
    ("a:\n  b: 1\n", "a", ("c",), ({"d": 1, "e": ("f",)}, "g"), None),
    ("{\n  a: 1,\n  b: 2\n}\n", "a", (), 3, "{\n  a: 3,\n  b: 2\n}\n"),
]


@pytest.mark.parametrize(("text", "words", "steps", "value", "expected"), YAML)
def test_yaml_is_written_in_its_own_style(
    text: str, words: str, steps: tuple[str | int, ...], value: Data, expected: str | None
) -> None:
    lists = "a:\n  b: 1\n  c:\n    - d: 1\n      e:\n        - f\n    - g\n"
    assert put("a.yaml", text, words, steps, value) == (expected or lists)


def test_json_gets_entries_with_quoted_keys() -> None:
    text = '{\n  "a": {\n    "b": 1\n  },\n  "c": {}\n}\n'
    assert put("a.json", text, '"a"', ("d",), {"e": "x"}) == text.replace('"b": 1', '"b": 1,\n    "d": {"e": "x"}')
    assert put("a.json", text, '"c"', ("d",), None) == text.replace("{}", '{"d": null}')
    terraform = '{"resource": {"aws_instance": {"a": {"type": "x"}}}}'
    header = Location("a.tf.json", Span(1, 2, 1, 35))
    assert changed("a.tf.json", terraform, Put(header, ("tags", "o"), "m")) == terraform.replace(
        '"x"', '"x", "tags": {"o": "m"}'
    )


UNCERTAIN = [
    ("m.tf", "a {\n  t = join(x)\n}\n", "a", ("t", "x"), 1),
    ("m.tf", "a {\n  t = var.x\n}\n", "a", ("t",), 1),
    ("m.tf", 'a {\n  t = "x${y}"\n}\n', "a", ("t",), 1),
    ("m.tf", "a {\n  t = {}\n}\n", "t", ("u",), Block()),
    ("m.tf", "a {\n}\n", "}", ("u",), 1),
    ("m.tf", "a {\n}\n", "a", ("u", 0), 1),
    ("a.yaml", "a: &x {b: 1}\nc: *x\n", "c", ("d",), 1),
    ("a.yaml", "a: |\n  x\n", "a", (), "y"),
    ("a.yaml", "a: [1]\n", "a", ("d",), 1),
    ("a.yaml", "a: 1\n", "a", ("d",), 1),
    ("a.yaml", "a: {b: 1}\n", "a", ("d",), Code("x")),
    ("a.pbtxt", "a: 1\n", "a", ("d",), 1),
]


@pytest.mark.parametrize(("path", "text", "words", "steps", "value"), UNCERTAIN)
def test_what_is_not_certain_is_left(
    path: str, text: str, words: str, steps: tuple[str | int, ...], value: Data
) -> None:
    with pytest.raises(UncertainError):
        put(path, text, words, steps, value)


def test_a_finding_keeps_only_a_fix_that_is_certain() -> None:
    text = "a {\n  t = var.x\n}\n"
    place = at(text, "a", "m.tf")
    fixes = (Fix("good", changes=(Put(place, ("b",), 1),)), Fix("bad", changes=(Put(place, ("t",), 1),)), None)
    findings = [Finding("r", Severity.ERROR, "m", place, fix=fix) for fix in fixes]
    made = Fixer({"m.tf": text}).fixed(findings)
    assert [one.fix.message if one.fix else "" for one in made] == ["good", "", ""]
    assert made[0].fix == Fix("good", (Edit(Location("m.tf", Span(2, 12, 2, 12)), "\n  b = 1"),))


def test_edits_that_overlap_or_miss_the_text_are_refused() -> None:
    here = Location("a", Span(1, 1, 1, 3))
    with pytest.raises(PatchError, match="overlap"):
        patched("a", "abc", [Edit(here, "x"), Edit(Location("a", Span(1, 2, 1, 4)), "y")])
    with pytest.raises(PatchError, match="no line 3"):
        patched("a", "abc\n", [Edit(Location("a", Span(3, 1, 3, 1)), "y")])
    assert patched("a", "abc", [Edit(here, "x"), Edit(here, "x")]) == "xc"


def test_a_text_that_would_not_parse_is_told() -> None:
    assert reads_as_well("a.tf", "locals {}\n", "locals {\n}\n")
    assert not reads_as_well("a.tf", "locals {}\n", "locals {\n")

"""Functions, each by cases from Terraform's documentation and by what it does with the odd and the hostile."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from guard.model.location import whole_file
from guard.model.value import Unknown
from guard.terraform.functions.framework import Environment, FunctionError
from guard.terraform.functions.json_text import decode
from guard.terraform.functions.table import FUNCTIONS, call
from guard.terraform.notation import type_text, value_text
from guard.terraform.types import DYNAMIC, STRING
from guard.terraform.values import SENSITIVE, TRUE, Value, first_unknown, marked, string, tuple_value, unknown

CAUSE = Unknown("var.x has no value", whole_file("main.tf"))
NOTHING = Environment()
BILLIONS = "\\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10))])


def run(name: str, *arguments: str, environment: Environment = NOTHING) -> Value:
    return call(name, [decode(argument) for argument in arguments], environment)


def flat(value: Value) -> str:
    return " ".join(value_text(value).split())


@pytest.mark.parametrize(
    ("name", "arguments", "shown"),
    [
        ("abs", ["-12.4"], "12.4"),
        ("ceil", ["-0.5"], "0"),
        ("floor", ["-4.9"], "-5"),
        ("log", ["16", "2"], "4"),
        ("pow", ["1.1", "10"], "2.593742460100002"),
        ("parseint", ['"aA"', "62"], "656"),
        ("signum", ["-13"], "-1"),
        ("sum", ["[10, 13, 6, 4.5]"], "33.5"),
        ("max", ["12", "54", "3"], "54"),
        (
            "format",
            ['"%05.1f|%-5s|%+d|%#x|%q"', "3.14159", '"ab"', "5", "255", '"<"'],
            '"003.1|ab |+5|0xff|\\"\\\\u003c\\""',
        ),
        ("format", ['"%v"', "1000000"], '"1e+06"'),
        ("formatlist", ['"%s-%d"', '["a", "b"]', "1"], 'tolist([ "a-1", "b-1", ])'),
        ("indent", ["2", '"a\\nb"'], "<<EOT a b EOT"),
        ("join", ['", "', '["foo", "bar"]'], '"foo, bar"'),
        ("replace", ['"hello world"', '"/w.*d/"', '"<$0>"'], '"hello <world>"'),
        ("regex", ['"(?P<a>[a-z]+)(?P<b>\\\\d)?"', '"xyz"'], '{ "a" = "xyz" "b" = tostring(null) }'),
        ("regexall", ['"a*"', '"baac"'], 'tolist([ "", "aa", "", ])'),
        ("split", ['""', '"né"'], 'tolist([ "n", "é", ])'),
        ("strrev", ['"e\u0301xy"'], '"yxé"'),
        ("substr", ['"🤔🤷x"', "-2", "1"], '"🤷"'),
        ("title", ['"hello wOrld o\'neil"'], '"Hello WOrld O\'Neil"'),
        ("upper", ['"straße ﬁ"'], '"STRAßE ﬁ"'),
        ("trimspace", ['"\\u00a0 x\\t"'], '"x"'),
        ("chunklist", ['["a", "b", "c"]', "2"], 'tolist([ tolist([ "a", "b", ]), tolist([ "c", ]), ])'),
        ("coalesce", ['""', "null", '"b"'], '"b"'),
        ("distinct", ['["a", "b", "a"]'], 'tolist([ "a", "b", ])'),
        ("element", ['["a", "b"]', "3"], '"b"'),
        ("flatten", ['[["a"], [], ["b", ["c"]]]'], '[ "a", "b", "c", ]'),
        ("lookup", ['{"a": "ay"}', '"c"', '"what?"'], '"what?"'),
        ("matchkeys", ['["i", "j"]', '["w", "e"]', '["e"]'], 'tolist([ "j", ])'),
        ("merge", ['{"a": 1}', "null", '{"a": "x", "b": 2}'], '{ "a" = "x" "b" = 2 }'),
        ("range", ["1", "2", "0.25"], "tolist([ 1, 1.25, 1.5, 1.75, ])"),
        ("setproduct", ['["x"]', "[1, 2]"], 'tolist([ [ "x", 1, ], [ "x", 2, ], ])'),
        ("setsubtract", ['["a", "b"]', '["b"]'], 'toset([ "a", ])'),
        ("slice", ['["a", "b", "c"]', "1", "2"], '[ "b", ]'),
        (
            "transpose",
            ['{"a": ["1", "2"], "b": ["2"]}'],
            'tomap({ "1" = tolist([ "a", ]) "2" = tolist([ "a", "b", ]) })',
        ),
        ("zipmap", ['["a", "b"]', "[1, 2]"], '{ "a" = 1 "b" = 2 }'),
        (
            "jsonencode",
            ['{"b": "<&>", "a": [1.5, null]}'],
            '"{\\"a\\":[1.5,null],\\"b\\":\\"\\\\u003c\\\\u0026\\\\u003e\\"}"',
        ),
        ("csvdecode", ['"a,b\\r\\n\\"x\\"\\"y\\",2\\r\\n"'], 'tolist([ { "a" = "x\\"y" "b" = "2" }, ])'),
        ("yamldecode", ['"a: yes\\n<<: {c: 0x1F}"'], '{ "a" = true "c" = 31 }'),
        ("yamldecode", ['"2024-1-2"'], '"2024-01-02T00:00:00Z"'),
        ("yamlencode", ['{"a": ["x\\ny"], "b": {}}'], '<<EOT "a": - |- x y "b": {} EOT'),
        ("yamlencode", ["1"], "<<EOT 1 ... EOT"),
        ("textencodebase64", ['"日本"', '"Shift_JIS"'], '"k/qWew=="'),
        ("urlencode", ['"a b&é"'], '"a+b%26%C3%A9"'),
        ("base64gunzip", ['"H4sIAAAAAAAA/8tIzcnJBwCGphA2BQAAAA=="'], '"hello"'),
        ("uuidv5", ['"dns"', '"www.terraform.io"'], '"a5008fae-b28c-5ba5-96cd-82b4c53552d6"'),
        (
            "formatdate",
            ["\"EEE, DD MMM YY 'o''clock' ZZZ\"", '"2018-01-02T23:12:01Z"'],
            '"Tue, 02 Jan 18 o\'clock UTC"',
        ),
        ("timeadd", ['"2017-11-22T00:00:00+02:00"', '"-1h30m"'], '"2017-11-21T22:30:00+02:00"'),
        ("timecmp", ['"2017-11-22T01:00:00Z"', '"2017-11-22T00:00:00-01:00"'], "0"),
        ("cidrhost", ['"10.12.112.0/20"', "-2"], '"10.12.127.254"'),
        ("cidrsubnet", ['"fd00:fd12:3456:7890::/56"', "16", "162"], '"fd00:fd12:3456:7800:a200::/72"'),
        ("cidrsubnets", ['"10.1.0.0/16"', "4", "8"], 'tolist([ "10.1.0.0/20", "10.1.16.0/24", ])'),
        ("cidrcontains", ['"10.0.0.0/8"', '"10.1.0.0/16"'], "true"),
        ("dirname", ['"foo/bar/baz.txt"'], '"foo/bar"'),
        ("core::upper", ['"a"'], '"A"'),
    ],
)
def test_functions(name: str, arguments: list[str], shown: str) -> None:
    assert flat(run(name, *arguments)) == " ".join(shown.split())


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("nope", [], 'there is no function named "nope"'),
        ("uper", ['"a"'], 'did you mean "upper"?'),
        ("upper", [], "wrong number of arguments (1 required; 0 given)"),
        ("upper", ["null"], "argument must not be null"),
        ("abs", ['"x"'], "a number is required"),
        ("range", ["0", "2000"], "more than 1024 values were generated"),
        ("format", ['"%999999999s"', '"a"'], "larger than 1000000"),
        ("format", ['"%s"'], "not enough arguments"),
        ("format", ['"x"', "1"], "too many arguments; no verbs in format string"),
        ("regex", ['"["', '""'], "invalid regexp pattern"),
        ("regex", ['"\\\\C"', '"a"'], "invalid escape sequence"),
        ("jsondecode", ['"\\ufeff1"'], "invalid JSON"),
        ("jsondecode", ['"NaN"'], "invalid JSON"),
        ("yamldecode", ['"a: *b"'], "undefined anchor"),
        ("yamldecode", ['"--- 1\\n--- 2"'], "unexpected extra content"),
        ("yamldecode", ['"a: !x y"'], 'unsupported tag "!x"'),
        ("base64decode", ['"!"'], "failed to decode base64"),
        ("cidrhost", ['"10.0.0.0/24"', "256"], "does not accommodate a host numbered 256"),
        ("formatdate", ['"Q"', '"2018-01-02T23:12:01Z"'], "invalid date format verb"),
        ("timeadd", ['"2018"', '"1h"'], "not a valid RFC3339 timestamp"),
        ("tonumber", ['"a"'], 'cannot convert "a" to number'),
        ("lookup", ['{"a": 1}', '"b"'], 'has no attribute "b"'),
        ("rsadecrypt", ['"AAAA"', '"no key"'], "invalid private key"),
        ("type", ["1"], "only in the console"),
    ],
)
def test_failures_tell_what_is_wrong(name: str, arguments: list[str], message: str) -> None:
    with pytest.raises(FunctionError) as caught:
        run(name, *arguments)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("replace", ['"' + "a" * 100_000 + '"', '"a"', '"' + "b" * 1000 + '"']),
        ("indent", ["100000000", '"a\\nb"']),
        ("setproduct", ["[" + ",".join("1" for _ in range(1000)) + "]"] * 3),
        ("jsondecode", ['"' + "[" * 5000 + "]" * 5000 + '"']),
        ("yamldecode", ['"' + "[" * 5000 + "]" * 5000 + '"']),
        ("yamldecode", ['"' + BILLIONS + '"']),
        ("regex", ['"' + "(a{1000}){1000}" + '"', '"a"']),
        ("tostring", ["1e100000000"]),
        ("jsonencode", ["1e100000000"]),
        ("parseint", ['"' + "9" * 50_000 + '"', "10"]),
    ],
)
def test_bombs_fail_at_once(name: str, arguments: list[str]) -> None:
    began = time.monotonic()
    with pytest.raises(FunctionError):
        run(name, *arguments)
    assert time.monotonic() - began < 2


def test_regular_expressions_take_linear_time() -> None:
    began = time.monotonic()
    with pytest.raises(FunctionError):
        run("regex", '"^(a+)+$"', '"' + "a" * 20_000 + 'b"')
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("name", ["timestamp", "uuid", "plantimestamp"])
def test_what_depends_on_time_or_chance_is_unknown(name: str) -> None:
    result = run(name)
    cause = first_unknown(result)
    assert cause is not None
    assert f"{name}()" in cause.reason


def test_the_reason_of_the_first_unknown_argument_survives() -> None:
    other = Unknown("var.y has no value", whole_file("main.tf"))
    result = call("replace", [unknown(STRING, CAUSE), string("a"), unknown(STRING, other)], NOTHING)
    assert first_unknown(result) == CAUSE
    assert type_text(result.type) == "string"
    assert not call("merge", [unknown(DYNAMIC, CAUSE)], NOTHING).is_known


def test_marks_spread_to_the_result() -> None:
    result = call("join", [string(","), tuple_value([marked(string("a"), SENSITIVE), string("b")])], NOTHING)
    assert result == marked(string("a,b"), SENSITIVE)
    assert call("issensitive", [result], NOTHING) == TRUE
    assert call("nonsensitive", [result], NOTHING) == string("a,b")


def test_an_unknown_element_leaves_its_neighbours_known() -> None:
    items = tuple_value([string("a"), unknown(STRING, CAUSE)])
    assert call("contains", [items, string("a")], NOTHING) == TRUE
    assert call("reverse", [items], NOTHING).items[1] == string("a")
    assert (
        call("startswith", [call("format", [string("x-%s"), items.items[1]], NOTHING), string("y")], NOTHING).content
        is False
    )


class Tree:
    """Files that stand in a dictionary."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))


FILES = Tree({"m/a.txt": b"x", "m/.b": b"", "m/d/c.txt": b"\xff", "m/t.tpl": b"Hi", "other/secret": b"s"})
MODULE = Environment(directory="m", files=FILES)


def test_files_are_read_relative_to_the_module() -> None:
    assert run("file", '"./a.txt"', environment=MODULE) == string("x")
    assert run("filebase64", '"d/c.txt"', environment=MODULE) == string("/w==")
    assert run("file", '"../other/secret"', environment=MODULE) == string("s")
    assert run("fileexists", '"nope"', environment=MODULE).content is False


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "~/.ssh/id_rsa.pub"])
def test_nothing_outside_the_tree_is_read(path: str) -> None:
    result = run("file", f'"{path}"', environment=MODULE)
    cause = first_unknown(result)
    assert cause is not None
    assert "not among the files" in cause.reason


def test_file_that_is_missing_or_no_text_fails() -> None:
    with pytest.raises(FunctionError, match="no file exists at"):
        run("file", '"nope"', environment=MODULE)
    with pytest.raises(FunctionError, match="not valid UTF-8"):
        run("file", '"d/c.txt"', environment=MODULE)
    with pytest.raises(FunctionError, match="is a directory"):
        run("fileexists", '"d"', environment=MODULE)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", [".b", "a.txt", "t.tpl"]),
        ("**", [".b", "a.txt", "d/c.txt", "t.tpl"]),
        ("**/*.txt", ["a.txt", "d/c.txt"]),
        ("*.{txt,tpl}", ["a.txt", "t.tpl"]),
        ("[^a]*", [".b", "t.tpl"]),
        ("?.txt", ["a.txt"]),
    ],
)
def test_file_sets(pattern: str, found: list[str]) -> None:
    result = run("fileset", '"."', f'"{pattern}"', environment=MODULE)
    assert [item.content for item in result.items] == found


def test_every_function_has_a_fixed_name_and_parameters() -> None:
    assert len(FUNCTIONS) > 115
    assert all(function.parameters is not None for function in FUNCTIONS.values())

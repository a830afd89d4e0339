"""Caret lines: what they assert, and how differences are told."""

from __future__ import annotations

from guard.model.finding import Finding, Severity
from guard.model.location import Location, Span
from guard.policy.cases import Expectation, differences, found, parsed, read

TEXT = """\
a: 1
b: two
#  ^^^ is text
#  ^ also this
c: 3  # ^ is no caret line
d: 4
#^^^ touches
    // ^^ indented
"""


def test_carets_speak_about_the_line_above_that_is_none() -> None:
    case = parsed("x.yaml", TEXT)
    assert case.text == "a: 1\nb: two\nc: 3  # ^ is no caret line\nd: 4\n"
    assert [(tuple(one.location.span), one.message) for one in case.expected] == [
        ((2, 4, 2, 7), "is text"),
        ((2, 4, 2, 5), "also this"),
        ((4, 1, 4, 5), "touches"),
        ((4, 8, 4, 10), "indented"),
    ]


def test_a_finding_over_several_lines_is_asserted_by_its_first() -> None:
    finding = Finding("r", Severity.ERROR, "long", Location("x.yaml", Span(1, 3, 3, 2)))
    (one,) = found([finding], {"x.yaml": "ab cdef  \ng\nh\n"}, named=True)
    assert one == Expectation(Location("x.yaml", Span(1, 3, 1, 8)), "r: long")


def test_differences_name_what_is_not_found_and_what_is_unexpected() -> None:
    one = Expectation(Location("x", Span(1, 1, 1, 2)), "a")
    two = Expectation(Location("x", Span(1, 1, 1, 2)), "b")
    assert list(differences([one, one], [one, two])) == ["not found:  x:1:1-2: a", "unexpected: x:1:1-2: b"]
    assert list(differences([one], [one])) == []


def test_json_has_its_carets_beside_it() -> None:
    text = '{\n  "a": 1\n}\n'
    kept, expected, wrong = read({"a.json": text, "a.json.expected": '{\n  "a": 1\n//     ^ rule: bad\n}\n'})
    assert (kept, wrong) == ({"a.json": text}, [])
    assert [str(one) for one in expected] == ["a.json:2:8-9: rule: bad"]
    _, _, wrong = read({"a.json": text, "a.json.expected": "{}\n"})
    assert wrong == ["a.json.expected is not the text of a.json with caret lines"]

"""YAML that is put together from pieces of several places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guard.formats.yaml import parse_pieces
from guard.model.instance import Piece
from guard.model.location import Location, Span
from guard.model.value import Known, Unknown

HERE = Location("main.tf", Span(5, 1, 9, 1))
THERE = Location("variables.tf", Span(2, 3, 2, 8))


def literal(text: str, line: int, column: int) -> Piece:
    lines = tuple((line + number, column if number == 0 else 5) for number in range(text.count("\n") + 1))
    return Piece(text, HERE, lines)


def test_values_stand_where_their_pieces_do() -> None:
    pieces = (literal("a: x\nb:\n  c: ", 5, 5), Piece("12", THERE), literal("\n  d: z\n", 7, 20))
    (root,) = parse_pieces("main.tf", pieces).roots
    found = [root.text("a"), root.text("b", "c"), root.text("b", "d")]
    assert [one.value for one in found if isinstance(one, Known)] == ["x", "12", "z"]
    assert [(one.location.path, *one.location.span[:2]) for one in found] == [
        ("main.tf", 5, 8),
        ("variables.tf", 2, 3),
        ("main.tf", 8, 10),
    ]


def test_a_value_that_is_put_in_may_be_a_structure() -> None:
    (root,) = parse_pieces("main.tf", (literal("a: ", 5, 1), Piece("{b: 1, c: [2]}", THERE))).roots
    number = root.integer("a", "c", 0)
    assert isinstance(number, Known) and number.value == 2 and number.location == THERE


def test_a_gap_makes_only_its_own_value_unknown() -> None:
    gap = Unknown("var.x has no value", THERE, "aws_instance.a")
    pieces = (literal("a: ", 5, 1), Piece(gap, THERE), literal("\nb: s3://bucket/", 5, 9), Piece(gap, THERE))
    (root,) = parse_pieces("main.tf", (*pieces, literal("/x\nc: 1\n", 6, 20))).roots
    whole, part = root.text("a"), root.text("b")
    assert isinstance(whole, Unknown) and (whole.reference, whole.prefix) == ("aws_instance.a", "")
    assert isinstance(part, Unknown) and (part.reference, part.prefix) == ("", "s3://bucket/")
    assert isinstance(root.integer("c"), Known)


def test_text_cannot_pass_itself_off_as_a_gap() -> None:
    gap = Unknown("secret", THERE)
    (root,) = parse_pieces("main.tf", (literal('a: "\ue0000\ue001"\nb: ', 5, 1), Piece(gap, THERE))).roots
    assert isinstance(root.text("a"), Known)
    assert isinstance(root.text("b"), Unknown)


@given(st.lists(st.tuples(st.text("a:-{}[]\"' \n#|>\ue000\ue001", max_size=12), st.booleans()), max_size=8))
def test_no_pieces_are_too_much(parts: list[tuple[str, bool]]) -> None:
    pieces = [Piece(text, HERE) if known else Piece(Unknown(text, THERE), THERE) for text, known in parts]
    for root in parse_pieces("main.tf", pieces).roots:
        for _, node in root.walk():
            assert node.location.path in ("main.tf", "variables.tf")

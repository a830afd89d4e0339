"""HCL native syntax to the syntax tree: meaning and positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guard.formats import hcl
from guard.formats import hcl_syntax as syntax
from guard.formats.hcl_syntax import Body, Expression
from guard.model.location import Span


def body(text: str) -> Body:
    document = hcl.parse("main.hcl", text)
    assert document.problems == ()
    assert isinstance(document.syntax, Body)
    return document.syntax


def expression(text: str) -> Expression:
    found, problems = hcl.parse_expression("x", text)
    assert problems == ()
    assert found is not None
    return found


def literal(text: str) -> object:
    found = expression(text)
    assert isinstance(found, syntax.Literal)
    return found.value


def shape(node: object) -> str:
    """Return an expression with every grouping in parentheses, to compare precedence."""
    match node:
        case syntax.Literal(value=value):
            return str(value)
        case syntax.Unary(operator=operator, operand=operand):
            return f"({operator}{shape(operand)})"
        case syntax.Binary(operator=operator, left=left, right=right):
            return f"({shape(left)} {operator} {shape(right)})"
        case syntax.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"({shape(condition)} ? {shape(then)} : {shape(otherwise)})"
        case syntax.Parentheses(inner=inner):
            return f"<{shape(inner)}>"
        case _:
            return reference(node)


def reference(node: object) -> str:
    match node:
        case syntax.Variable(name=name):
            return name
        case syntax.GetAttribute(source=source, name=name):
            return f"{shape(source)}.{name}"
        case syntax.Index(source=source, key=key):
            return f"{shape(source)}[{shape(key)}]"
        case syntax.Splat(source=source, each=each, full=full):
            return f"{shape(source)}{'[*]' if full else '.*'}<{shape(each)}>"
        case _:
            return "@"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("-a * b", "((-a) * b)"),
        ("!a == b", "((!a) == b)"),
        ("a || b && c == d > e + f % g", "(a || (b && (c == (d > (e + (f % g))))))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a.b[0].c", "a.b[0].c"),
        ("a.0.b", "a[0].b"),
        ("a[*].b.c[0]", "a[*]<@.b.c[0]>"),
        ("a.*.b.c[0]", "a.*<@.b.c>[0]"),
        ("a[*].b[*].c", "a[*]<@.b[*]<@.c>>"),
        ("(a\n+ b)\n", "<(a + b)>"),
        ("- -a.b", "(-(-a.b))"),
    ],
)
def test_operators_and_traversals_group_as_in_terraform(text: str, expected: str) -> None:
    assert shape(expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.50", Decimal("1.50")),
        ("1e3", Decimal("1000")),
        ("12345678901234567890123", Decimal("12345678901234567890123")),
        ("true", True),
        ("null", None),
        (r'"a\n\t\r\"\\\u00e9\U0001F600"', 'a\n\t\r"\\é😀'),
        ('"$${a} %%{b} $$ 5% $"', "${a} %{b} $$ 5% $"),
        ('"$$${a}"', "$${a}"),
        ('"e\u0301"', "é"),
        ("<<EOT\na\n  b\\n\nEOT", "a\n  b\\n\n"),
        ("<<EOT\r\na\r\nEOT\r\n", "a\r\n"),
        ("<<-EOT\n    a\n\n      b\n   \n    EOT", "a\n\n  b\n   \n"),
        ("<<EOT\nEOT", ""),
    ],
)
def test_literals(text: str, value: object) -> None:
    assert literal(text) == value


def test_a_sole_interpolation_keeps_its_part_and_strip_markers_make_text() -> None:
    sole = expression('"${a}"')
    assert isinstance(sole, syntax.Template)
    assert [type(part) for part in sole.parts] == [syntax.Variable]
    stripped = expression('" ${~ a ~} "')
    assert isinstance(stripped, syntax.Template)
    assert [part.value if isinstance(part, syntax.Literal) else "" for part in stripped.parts] == ["", "", ""]
    assert len(stripped.parts) == 3


def test_directives_nest() -> None:
    found, problems = hcl.parse_template("t", "%{ for k, v in x }%{ if v }a%{ else }${k}%{ endif }\n%{ endfor }")
    assert problems == ()
    assert isinstance(found, syntax.Template)
    loop = found.parts[0]
    assert isinstance(loop, syntax.TemplateFor)
    assert (loop.key, loop.value) == ("k", "v")
    branch, end = loop.body
    assert isinstance(branch, syntax.TemplateIf)
    assert isinstance(branch.otherwise[0], syntax.Variable)
    assert isinstance(end, syntax.Literal)
    assert end.value == "\n"


def test_for_expressions_ignore_line_ends() -> None:
    found = expression("{\n for k, v in x :\n k => v...\n if v\n}")
    assert isinstance(found, syntax.ForObject)
    assert found.grouping
    assert found.condition is not None
    nested = expression("{\n for t, m in {\n a = 1\n b = 2\n } : t => [\n for x in m : x]\n}")
    assert isinstance(nested, syntax.ForObject)
    assert isinstance(nested.collection, syntax.ObjectConstructor)
    assert len(nested.collection.items) == 2


def test_object_keys() -> None:
    found = expression('{a = 1, (b) : 2\n "c${d}" = 3\n true = 4}')
    assert isinstance(found, syntax.ObjectConstructor)
    first, second, third, fourth = (key for key, _ in found.items)
    assert isinstance(first, syntax.Literal)
    assert first.value == "a"
    assert isinstance(second, syntax.Parentheses)
    assert isinstance(third, syntax.Template)
    assert isinstance(fourth, syntax.Literal)
    assert fourth.value == "true"


def test_calls() -> None:
    found = expression("provider::aws::arn(a, b...)")
    assert isinstance(found, syntax.Call)
    assert (found.name, len(found.arguments), found.expand) == ("provider::aws::arn", 2, True)
    assert found.name_span == Span(1, 1, 1, 19)


def test_positions_count_code_points() -> None:
    found = body(
        'résumé = "é😀" # ü\nresource "a" "b" {\n  "x" = 1\n}\n'.replace('  "x" = 1\n', "  x = [1,\n    yé]\n")
    )
    attribute = found.attributes["résumé"]
    assert attribute.name_span == Span(1, 1, 1, 7)
    assert attribute.expression.span == Span(1, 10, 1, 14)
    block = found.blocks[0]
    assert block.header == Span(2, 1, 2, 17)
    assert block.label_spans == (Span(2, 10, 2, 13), Span(2, 14, 2, 17))
    assert block.span == Span(2, 1, 5, 2)
    inner = block.body.attributes["x"].expression
    assert isinstance(inner, syntax.TupleConstructor)
    assert inner.span == Span(3, 7, 4, 8)
    assert inner.items[1].span == Span(4, 5, 4, 7)


def test_mark_and_carriage_returns_move_no_position() -> None:
    found = body("\ufeffa = 1\r\nb = 2\r\n")
    assert found.attributes["a"].span == Span(1, 1, 1, 6)
    assert found.attributes["b"].span == Span(2, 1, 2, 6)


def test_expressions_begin_where_they_are_told() -> None:
    found, _ = hcl.parse_expression("x", "a +\n b", Span(7, 5, 7, 9))
    assert found is not None
    assert found.span == Span(7, 5, 8, 3)


def test_comments_of_all_kinds() -> None:
    found = body("# a\n// b\na = 1 # c\n/* d\n e */ b = 2 // f\nblock { # g\n}\n")
    assert list(found.attributes) == ["a", "b"]
    assert found.attributes["b"].name_span == Span(5, 7, 5, 8)


@pytest.mark.parametrize("text", ["true ?\n1 : 2", "true ? 1 :\n2", "1 +\n2", "true\n? 1 : 2"])
def test_an_expression_ends_with_its_line_where_lines_count(text: str) -> None:
    found, problems = hcl.parse_expression("x", text, by_line=True)
    assert found is None
    assert problems
    assert hcl.parse_expression("x", text)[1] == ()
    assert hcl.parse_expression("x", f"\n({text})\n\n", by_line=True)[1] == ()

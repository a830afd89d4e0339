"""HCL is read the quick way as it is read the exact way, and what the quick way cannot read is left to the other."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.formats import _hcl_body
from guard.formats._hcl_body import Reader
from guard.formats._hcl_tokens import HclError
from guard.formats.hcl_syntax import Body

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.rglob("*.tf"))]
PIECES = [
    *(".", "..", ".*", ".0", "[0]", "[*]", "for", "for.x", "if", "in", "true.x", ".for", "null.a", "a.b.c", "ns::f"),
    *("${", "%{", "{", "}", "(", ")", '"', "=", "::", ",", ":", "?", "-", "\n", "#", "/*", "é", "\u0301"),
]


class ExactReader(Reader):
    def __init__(self, text: str, at: int, line: int, joined: bool = False) -> None:
        super().__init__(text, at, line)


def told(read: tuple[Body, list[HclError]]) -> tuple[Body, list[object]]:
    body, complaints = read
    return body, [(one.message, one.span, one.start) for one in complaints]


def assert_same(text: str) -> None:
    quick = told(_hcl_body.read(text, 0))
    with patch.object(_hcl_body, "Reader", ExactReader):
        assert quick == told(_hcl_body.read(text, 0))


@pytest.mark.parametrize("text", TEXTS)
def test_examples(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize(
    "expression",
    [
        "a.b.c",
        "a.b[0].c.d[*].e.f",
        "a.*.b.c",
        "a.0.b.c",
        "f(a.b).c.d",
        "true.x",
        "for.x",
        "[for.x]",
        "[for x in y.z : x.a if.b]",
        "{ for.a = 1 }",
        "{ a.b = 1, c.d : 2 }",
        "a . b.c",
        "a.b.",
        "a.b(1)",
        "a.b::c(1)",
        "-a.b + !c.d",
        "a.b\u0301.c",
        '"${a.b}%{if c.d}x%{endif}%{for e in f.g}y%{endfor}"',
        "a" + ".b" * 249,
        "a" + ".b" * 250,
        "a" + ".b" * 200 + "[0]" + ".c" * 48,
        "a" + ".b" * 200 + "[0]" + ".c" * 49,
    ],
)
def test_references(expression: str) -> None:
    assert_same(f"x = {expression}\n")


@settings(max_examples=400)
@given(st.data())
def test_texts_with_mistakes(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    assert_same(text)

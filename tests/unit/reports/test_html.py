"""The page that opens from disk: complete, without script or network, and nothing in it takes effect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st

from guard.model.report import Report, ReportOptions
from guard.reports.html import CHARTED, LISTED, REPORTER
from tests.unit.costing.making import machines, resource
from tests.unit.reports._made import FINDING, PROBLEM, report
from tests.unit.reports.test_markdown import BUCKET, GPU, compared

VOID = {"meta", "br"}
SHAPES = {"rect"}
HARMLESS = {"html", "head", "body", "title", "style", "h1", "h2", "p", "div", "span", "b", "small", "code", "table"}
HARMLESS |= {"thead", "tbody", "tr", "th", "td", "svg", "text", "details", "summary", "ul", "li", *VOID, *SHAPES}


class Page(HTMLParser):
    """Every tag with its attributes, whether all are closed in order, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, frozenset[str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, frozenset(name for name, _ in attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, frozenset(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def rendered(made: Report) -> str:
    return REPORTER.render(made, ReportOptions())


def test_a_page_says_everything_in_tags_that_do_nothing() -> None:
    larger = replace(GPU, compute=(machines("aws", "g5.xlarge", 3),))
    made = replace(
        compared([larger, BUCKET], [GPU, BUCKET]), findings=(FINDING,), problems=(PROBLEM,), day="2026-11-23"
    )
    html = rendered(made)
    page = Page(html)
    assert page.open == []
    assert {tag for tag, _ in page.tags} <= HARMLESS
    assert not {name for _, names in page.tags for name in names} & {"src", "href", "onload", "style", "onclick"}
    assert "default-src &#x27;none&#x27;" in html
    words = "".join(page.words)
    for said in (
        "p4d.24xlarge is not allowed: 50% off, see a,b:c",
        "infra/main.tf:2",
        "$1,234.50",
        "the string is not closed",
        "+$734.38, +50.0 %",
        "compute.count_max: 2 -> 3",
        "2190 hour at $1.006 = $2,203.14",
        "made on 2026-11-23",
    ):
        assert said in words, said
    assert not re.search(r"https?://|@import|url\(", html)


def test_charts_stay_within_their_room() -> None:
    fewer = replace(GPU, compute=(machines("aws", "g5.xlarge", 0, 3),))
    html = rendered(compared([fewer, replace(GPU, address="b" * 80)], [GPU]))
    right = [int(x) + int(width) for x, width in re.findall(r'<rect [^>]*x="(\d+)" y="\d+" width="(\d+)"', html)]
    assert right
    assert max(right) <= 960 - 210
    assert "…" + "b" * 43 in html
    assert 'class="up range"' in html


def test_long_lists_are_bounded() -> None:
    many = [resource(machines("aws", "g5.xlarge"), region="us-east-1", address=f"a.{i:04}") for i in range(LISTED + 7)]
    html = rendered(compared(many, []))
    assert html.count("<details>") == LISTED
    assert "and 7 more" in html
    assert html.count('class="plain"') == CHARTED


def test_an_empty_report_is_a_page_too() -> None:
    empty = replace(report(), findings=(), problems=(), unknowns=(), waived=())
    assert Page(rendered(empty)).open == []
    assert "<svg" not in rendered(empty)


hostile = st.text(alphabet=st.sampled_from("a<>&\"'/=-! \n;`\\{}\x00") | st.characters(), max_size=60)


@settings(max_examples=100, deadline=None)
@given(hostile)
@example("</title></style></text></svg></td><script>alert(1)</script>")
@example('" onload="alert(1)')
@example("<!-- --> ]]> <![CDATA[ &lt; &#0; \ud800 \uffff")
def test_hostile_text_stays_text(words: str) -> None:
    place = FINDING.location._replace(path=f"x{words}")
    calm = replace(compared([GPU], [BUCKET]), findings=(FINDING,))
    bad = replace(
        compared([replace(GPU, address=f"x{words}")], [BUCKET]),
        findings=(replace(FINDING, message=words, address=f"x{words}", location=place, rule=words),),
        version=words,
    )
    made = rendered(bad)
    made.encode("utf-8")
    assert [one for one in Page(made).tags if one[0] != "b"] == [
        one for one in Page(rendered(calm)).tags if one[0] != "b"
    ]
    assert "\x00" not in made

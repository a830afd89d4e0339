"""The report for a pull request, rendered by GitHub's own Markdown code where that is installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guard.costing.estimate import estimates
from guard.model.price import total
from guard.model.report import Money, Report, ReportOptions, Totals
from guard.model.resource import Resource, Storage
from guard.model.rule import Project
from guard.reports._words import printable
from guard.reports.markdown import MOST, OPEN, REPORTER, escaped
from tests.unit.costing.making import BOOK, HERE, known, machines, resource
from tests.unit.reports._made import FINDING, report

cmarkgfm: Any = pytest.importorskip("cmarkgfm")
GPU = resource(machines("aws", "g5.xlarge", 2), region="us-east-1", address="aws_instance.gpu")
BUCKET = resource(Storage(location=HERE, provider="aws", kind=known("s3:standard")), address="aws_s3_bucket.b")


class Page(HTMLParser):
    """The tags of a page, and the text of each table cell and paragraph."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag in ("td", "th", "p"):
            self.cells.append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th", "p")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.cells[-1] += data


def page(markdown: str) -> Page:
    extensions = ["table", "autolink", "strikethrough", "tasklist", "tagfilter"]
    return Page(cmarkgfm.markdown_to_html_with_extensions(markdown, 1 << 17, extensions))


def rendered(made: Report) -> str:
    return REPORTER.render(made, ReportOptions())


def compared(now: Sequence[Resource], before: Sequence[Resource]) -> Report:
    after, base = (Project(tuple(some), estimates(some, BOOK), BOOK) for some in (now, before))
    sums = [total(one.estimates) for one in (after, base)]
    totals = Totals(
        Money(sums[0].low, sums[0].high),
        Money(sums[1].low, sums[1].high),
        Money(sums[0].low - sums[1].low, sums[0].high - sums[1].high),
        open_ended=sums[0].open_ended,
    )
    empty = replace(report(), findings=(), problems=(), unknowns=(), waived=())
    return replace(empty, totals=totals, resources=after.resources, estimates=after.estimates, base=base)


def test_findings_are_tables_by_severity_and_notes_are_folded() -> None:
    text = rendered(report())
    shown = page(text)
    assert "disallowed-instance-type" in shown.cells
    assert "p4d.24xlarge is not allowed: 50% off, see a,b:c" in shown.cells
    assert 'infra/main.tf:2module.train["eu"].aws_instance.größe' in shown.cells
    assert "$1,234.50" in shown.cells
    assert text.index("1 problem") < text.index("🔴 1 error") < text.index("<summary>🔵 1 note")
    assert "line one\\x0aline two ::error::x" in shown.cells


def test_many_findings_are_folded_and_bounded() -> None:
    many = replace(report(), findings=tuple(replace(FINDING, message=f"no {i}") for i in range(MOST + 5)))
    text = rendered(many)
    assert f"<summary>🔴 {MOST + 5} errors</summary>" in text
    assert "and 5 more" in text
    assert len(text) < 65_536
    few = replace(report(), findings=(FINDING,) * OPEN)
    assert f"**🔴 {OPEN} errors**" in rendered(few)


def test_a_small_change_is_a_small_table() -> None:
    larger = replace(GPU, compute=(machines("aws", "g5.xlarge", 3),))
    text = rendered(compared([larger, BUCKET], [GPU, BUCKET]))
    # g5.xlarge 1.006 x 730 = 734.38
    assert r"**Cost**: \$1,468.76 → at least \$2,203.14 a month (**+\$734.38, +50.0 %**)" in text
    assert r"| changed | <code>aws\_instance.gpu</code> | +\$734.38 |" in text
    assert "compute.count\\_max: 2 -\\> 3" in text
    assert "<summary>1 resource with a part that has no price" in text
    assert len(text) < 1500


def test_no_change_is_one_line() -> None:
    text = rendered(compared([GPU], [GPU]))
    assert r"**Cost**: no change, \$1,468.76 a month" in text
    assert "|" not in text


def test_without_a_base_the_dearest_are_folded() -> None:
    made = replace(compared([GPU, BUCKET], []), base=None, totals=Totals(Money(*total(estimates([GPU], BOOK))[:2])))
    text = rendered(made)
    assert r"**Cost**: \$1,468.76 a month" in text
    assert "<summary>2 resources by cost</summary>" in text
    assert "no price" in text


def test_what_a_pool_pays_for_says_so() -> None:
    pool = resource(
        machines("aws", "g5.xlarge", 2), region="us-east-1", address="aws_eks_node_group.g", type="aws_eks_node_group"
    )
    pod = resource(
        machines("aws", "g5.xlarge", share=True, accelerator_count=known(Decimal(1))), address="Deployment/a"
    )
    made = compared([pool, pod], [])
    text = rendered(replace(made, base=None, totals=Totals(made.totals.monthly)))
    assert r"runs on <code>aws\_eks\_node\_group.g</code>, counted there" in text
    assert r"**Cost**: \$1,468.76 a month" in text


hostile = st.text(alphabet=st.sampled_from("a1|`*_[]()<>&#@$~!\\:/-.\n\"'= wW") | st.characters(), max_size=60)


@settings(max_examples=300, deadline=None)
@given(hostile)
@example("</td></tr></table><script>alert(1)</script>")
@example("a | b `c|d` \\| \\\\| @someone #12 https://x.y www.example.com owner@example.com :tada: GH-3")
@example("<!-- --> --> <details> ~~~ ![x](y) [x]: y &amp; &#64; $a$ $`b`$ \\")
def test_text_stays_text_in_a_cell(text: str) -> None:
    made = page(f"| a | b |\n|---|---|\n| x{escaped(text)}x | <code>x{escaped(text)}x</code> |\n")
    assert [tag for tag in made.tags if tag not in ("table", "thead", "tbody", "tr", "th", "td")] == ["code"]
    told = [re.sub(r"\s+", " ", one) for one in made.cells[2:]]
    assert told == [re.sub(r"\s+", " ", f"x{printable(text)}x")] * 2


@settings(max_examples=60, deadline=None)
@given(hostile)
def test_nothing_in_a_report_breaks_out(text: str) -> None:
    place = FINDING.location._replace(path=f"x{text}")
    bad = replace(FINDING, message=text, address=f"x{text}", location=place)
    plain = page(rendered(replace(report(), findings=(FINDING,)))).tags
    assert page(rendered(replace(report(), findings=(bad,)))).tags == plain

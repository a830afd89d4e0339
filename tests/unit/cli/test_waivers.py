"""`guard waivers`: who waived what until when, what it hides, and which hide nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from guard.cli.main import main

POLICY = """\
rules: [{rule: disallowed-instance-type}, {rule: missing-tag}]
waivers:
  - {rule: disallowed-instance-type, where: {address: "*.a*"}, reason: benchmark, owner: ml@example.com, up_to: 9000}
  - {rule: missing-tag, where: {address: "*.z"}, reason: gone}
  - {rule: missing-tag, reason: old, expires: 2020-01-31}
  - {rule: missing-tag, where: {address: "*.a*"}, reason: cheap, up_to: 1}
"""
MACHINES = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "a" {
  count         = 2
  instance_type = "p3.2xlarge"
  root_block_device {
    volume_type = "gp3"
    volume_size = 10
  }
}

resource "aws_instance" "b" {
  instance_type = "p3.2xlarge" # guard: allow disallowed-instance-type -- until spring
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "guard.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "main.tf").write_text(MACHINES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_every_waiver_is_listed_with_what_it_hides(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waivers", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["waivers"]
    assert [(row["kind"], row["rule"], row["state"], len(row["hides"]["findings"])) for row in rows] == [
        ("policy", "disallowed-instance-type", "holds", 1),
        ("policy", "missing-tag", "unused", 0),
        ("policy", "missing-tag", "expired", 0),
        ("policy", "missing-tag", "exceeded", 0),
        ("comment", "disallowed-instance-type", "holds", 1),
    ]
    first = rows[0]
    assert (first["owner"], first["expires"], first["up_to"]) == ("ml@example.com", None, "9000.00")
    assert first["hides"]["addresses"] == ["aws_instance.a[0]", "aws_instance.a[1]"]
    # Two of $3.06 an hour and 10 GiB of gp3 at $0.08.
    assert first["hides"]["monthly"] == {"low": "4469.20", "high": "4469.20"}
    assert rows[2]["expires"] == "2020-01-31"
    assert rows[4]["location"]["path"] == "main.tf"


@pytest.mark.usefixtures("project")
def test_the_text_says_it_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["waivers"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "guard.yaml:3  disallowed-instance-type  holds\n"
        "  ml@example.com, without an end, up to $9,000.00 a month: benchmark\n"
        "  hides 1 finding, on what costs $4,469.20 a month\n"
    )
    assert "guard.yaml:5  missing-tag  expired\n  no owner, until 2020-01-31: old\n" in out
    assert out.endswith("5 waivers hide 2 findings; 3 hide nothing\n")


def test_without_waivers_it_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "guard.yaml").write_text("extends: ai-cost", encoding="utf-8")
    (project / "main.tf").write_text(MACHINES.partition(" # guard")[0] + "\n}\n", encoding="utf-8")
    assert main(["waivers"]) == 0
    assert capsys.readouterr().out == "no waivers\n"

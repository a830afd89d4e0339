"""A plan takes the place of the configuration that it plans, and tells what stands now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from guard.cli.main import main

HCL = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_instance" "gpu" {
  instance_type = "g5.2xlarge"
}
"""


def planned(before: str | None, after: str | None) -> str:
    """Return a plan that changes one instance's type; None on a side is no instance."""

    def values(kind: str | None) -> dict[str, str] | None:
        return None if kind is None else {"instance_type": kind}

    address = {"address": "aws_instance.gpu", "mode": "managed", "type": "aws_instance", "name": "gpu"}
    provider = {"name": "aws", "expressions": {"region": {"constant_value": "us-east-1"}}}
    actions = ["delete"] if after is None else ["create"] if before is None else ["update"]
    change = {"actions": actions, "before": values(before), "after": values(after), "after_unknown": {"id": True}}
    resources = [] if after is None else [{**address, "values": values(after)}]
    return json.dumps(
        {
            "format_version": "1.2",
            "planned_values": {"root_module": {"resources": resources}},
            "resource_changes": [{**address, "change": change}],
            "configuration": {
                "provider_config": {"aws": provider},
                "root_module": {"resources": [{**address, "provider_config_key": "aws"}]},
            },
        }
    )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["check", "--format", "json"])
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_a_plan_is_counted_instead_of_its_configuration(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """g5.xlarge is 1.006 and g5.2xlarge 1.212 USD an hour in us-east-1 (karpenter-aws, 2026-07-20)."""
    (here / "main.tf").write_text(HCL)
    (here / "plan.json").write_text(planned("g5.xlarge", "g5.2xlarge"))
    report = checked(capsys)
    assert report["summary"]["resources"] == 1
    assert report["cost"]["monthly"]["low"] == "884.76"
    assert report["cost"]["base"]["low"] == "734.38"
    assert report["cost"]["delta"]["low"] == "150.38"
    assert report["findings"][0]["location"]["path"] == "main.tf"


@pytest.mark.parametrize(("before", "after", "delta"), [(None, "g5.xlarge", "734.38"), ("g5.xlarge", None, "-734.38")])
def test_what_is_made_and_what_goes(
    here: Path, capsys: pytest.CaptureFixture[str], before: str | None, after: str | None, delta: str
) -> None:
    (here / "plan.json").write_text(planned(before, after))
    assert checked(capsys)["cost"]["delta"] == {"low": delta, "high": delta}

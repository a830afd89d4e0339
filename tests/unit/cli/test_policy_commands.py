"""The commands about policies: rules, packs, schema, explain and test."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from guard.cli.main import main
from guard.engine import rule_names

FLEET = """\
module "fleet" {
  source   = "./fleet"
  for_each = { a = "p3.2xlarge", b = "g5.xlarge" }
  type     = each.value
}
"""
MACHINE = """\
variable "type" {
  type = string
}

resource "aws_instance" "gpu" {
  count         = 2
  instance_type = var.type
  tags          = { owner = "ml", cost-center = "1" }
}
"""
PROVIDER = 'provider "aws" {\n  region = "us-east-1"\n}\n'


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "main.tf").write_text(PROVIDER + FLEET, encoding="utf-8")
    (tmp_path / "fleet/main.tf").write_text(MACHINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rules"]
    assert sorted(row["name"] for row in rows) == sorted((*rule_names(), "assert"))
    assert main(["rules"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in rule_names())


def test_packs_lists_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs"]) == 0
    assert "ai-cost  (the default)\n  missing-tag" in capsys.readouterr().out
    assert main(["packs", "ai-cost"]) == 0
    assert "- rule: missing-tag" in capsys.readouterr().out
    assert main(["packs", "ai-csot"]) == 2


@pytest.mark.parametrize("what", ["policy", "deployment"])
def test_schema_prints_a_schema(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", what]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_explain_prints_a_rules_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "missing-tag"]) == 0
    assert capsys.readouterr().out.startswith("# missing-tag\n")


@pytest.mark.usefixtures("fleet")
def test_explain_tells_of_one_instance_what_it_is_what_it_costs_and_what_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["explain", 'module.fleet["a"].aws_instance.gpu[1]']) == 0
    out = capsys.readouterr().out
    assert 'called as module.fleet["a"] at main.tf:4:1' in out
    assert "  instance_type: p3.2xlarge  (main.tf:6:20)\n" in out
    assert "  label owner: ml  (fleet/main.tf:8:29, from resource)\n" in out
    assert "730 hour x $3.06 " in out
    assert "error[disallowed-instance-type]: V100 accelerators are not allowed (main.tf:6:20)\n" in out
    assert main(["explain", 'module.fleet["b"].aws_instance.gpu[0]']) == 0
    assert "disallowed-instance-type" not in capsys.readouterr().out


@pytest.mark.usefixtures("fleet")
def test_explain_of_nothing_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mising-tag"]) == 2
    assert "did you mean missing-tag?" in capsys.readouterr().err


CASE = """\
apiVersion: guard/v1
kind: TrainingJob
metadata: {name: a, labels: {owner: ml}}
#                   ^^^^^^ missing-tag: label cost-center is missing
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
"""


DEPLOYMENT = """\
apiVersion: guard/v1
kind: ModelDeployment
{carets}metadata: {{name: a}}
model: {{name: a}}
compute: {{provider: aws, region: us-east-1, instance: g5.xlarge}}
serving: {{replicas: {replicas}}}
"""


def suite(folder: Path, **cases: str) -> None:
    (folder / "policy.yaml").write_text("rules: [{rule: missing-tag}, {rule: over-budget}]", encoding="utf-8")
    (folder / "tests").mkdir()
    for name, text in cases.items():
        (folder / "tests" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_test_runs_cases_and_names_rules_that_none_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, good=CASE)
    assert main(["test", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/policy.yaml: no case shows what over-budget finds",
        f"{tmp_path}/policy.yaml: 1 cases, 0 of them differ",
    ]


def test_test_tells_every_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, good=CASE, wrong=CASE.replace("^^^^^^", "^^^^^"))
    assert main(["test", str(tmp_path / "policy.yaml")]) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        f"{tmp_path}/tests/wrong.yaml: differs",
        "  not found:  wrong.yaml:3:21-26: missing-tag: label cost-center is missing",
        "  unexpected: wrong.yaml:3:21-27: missing-tag: label cost-center is missing",
    ]


def test_test_refuses_a_policy_with_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, good=CASE)
    (tmp_path / "policy.yaml").write_text("rules: [{rule: mising-tag}]", encoding="utf-8")
    assert main(["test", str(tmp_path)]) == 2
    assert 'policy.yaml:1: unknown rule "mising-tag"; did you mean "missing-tag"?' in capsys.readouterr().out


def test_a_case_folder_has_its_own_policy_and_base(tmp_path: Path) -> None:
    suite(tmp_path, good=CASE)
    folder = tmp_path / "tests" / "rise"
    (folder / "base").mkdir(parents=True)
    (folder / "guard.yaml").write_text("budgets: [{name: ml, increase: {amount: 100}}]", encoding="utf-8")
    rise = "#^^^ over-budget: ml: $6,609 more (+900 %) makes $7,344 a month, over the $100 that one change may add\n"
    (folder / "a.yaml").write_text(DEPLOYMENT.format(carets=rise, replicas=10), encoding="utf-8")
    (folder / "base/a.yaml").write_text(DEPLOYMENT.format(carets="", replicas=1), encoding="utf-8")
    assert main(["test", str(tmp_path)]) == 0


def test_test_without_cases_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(tmp_path)]) == 2
    assert "no cases found" in capsys.readouterr().err
    assert main(["test", str(tmp_path / "missing")]) == 2

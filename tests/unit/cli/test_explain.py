"""`guard explain ADDRESS`: each attribute with its value and the way that leads to the text that must change."""

from __future__ import annotations

from pathlib import Path

import pytest

from guard.cli.main import main

MAIN = """\
variable "kinds" {
  default = { eu = "p4d.24xlarge" }
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
locals {
  kind = var.kinds["eu"]
}
resource "aws_instance" "gpu" {
  instance_type = local.kind
  user_data     = var.secret
  subnet_id     = aws_subnet.a.id
  root_block_device {
    volume_size = 100
  }
}
resource "aws_subnet" "a" {}
"""


def test_explain_tells_how_each_attribute_got_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(MAIN)
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "aws_instance.gpu"]) == 0
    printed = capsys.readouterr().out
    section = printed.partition("\nattributes\n")[2].partition("\n\n")[0]
    assert section.splitlines() == [
        '  instance_type: "p4d.24xlarge"  (main.tf:2:20)',
        "    used here (main.tf:12:19)",
        "    local.kind is defined here (main.tf:9:10)",
        "    var.kinds has its default here (main.tf:2:13)",
        "  user_data: (sensitive)  (main.tf:5:15)",
        "    used here (main.tf:13:19)",
        "  subnet_id: unknown, known only after apply: aws_subnet.a.id  (main.tf:14:19)",
        "  root_block_device[0].volume_size: 100  (main.tf:16:19)",
    ]
    assert "hunter2" not in printed

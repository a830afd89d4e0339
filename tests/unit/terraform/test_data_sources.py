"""Data sources and functions of providers whose results the text decides."""

from __future__ import annotations

from guard.inputs.memory import MemoryTree
from guard.model.value import Known, Unknown
from guard.terraform import console
from guard.terraform.values import Value
from tests.unit.terraform.evaluating import DEFAULT, instances, plain, root

POLICY = """\
data "aws_iam_policy_document" "p" {
  policy_id = "train"
  statement {
    sid     = "Read"
    actions = ["s3:GetObject", "s3:ListBucket", "s3:GetObject"]
    resources = ["arn:aws:s3:::corpus/&{aws:username}/*"]
    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["us-east-1", "eu-west-1"]
    }
  }
  dynamic "statement" {
    for_each = ["ec2", "sagemaker"]
    content {
      effect  = "Deny"
      actions = ["sts:AssumeRole"]
      principals {
        type        = "Service"
        identifiers = ["${statement.value}.amazonaws.com"]
      }
    }
  }
  statement {
    not_actions = ["iam:*"]
    resources   = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
"""
WRITTEN = """\
{
  "Version": "2012-10-17",
  "Id": "train",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket",
        "s3:GetObject"
      ],
      "Resource": "arn:aws:s3:::corpus/${aws:username}/*",
      "Condition": {
        "StringEquals": {
          "aws:RequestedRegion": [
            "us-east-1",
            "eu-west-1"
          ]
        }
      }
    },
    {
      "Effect": "Deny",
      "Action": "sts:AssumeRole",
      "Principal": {
        "Service": "ec2.amazonaws.com"
      }
    },
    {
      "Effect": "Deny",
      "Action": "sts:AssumeRole",
      "Principal": {
        "Service": "sagemaker.amazonaws.com"
      }
    },
    {
      "Effect": "Allow",
      "NotAction": "iam:*",
      "Resource": "*",
      "Principal": "*"
    }
  ]
}"""


def test_a_policy_document_is_written_as_the_provider_writes_it() -> None:
    assert plain("data.aws_iam_policy_document.p.json", POLICY) == WRITTEN
    small = 'data "aws_iam_policy_document" "p" {\n  statement {\n    actions = ["a<b"]\n  }\n}'
    wanted = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a\\u003cb"}]}'
    assert plain("data.aws_iam_policy_document.p.minified_json", small) == wanted


def test_a_policy_document_of_something_unknown_names_it() -> None:
    files = {
        "main.tf": 'resource "aws_s3_bucket" "b" {}\ndata "aws_iam_policy_document" "p" {\n  statement {\n'
        "    resources = [aws_s3_bucket.b.arn]\n  }\n}\n"
        'data "aws_iam_policy_document" "q" {\n  source_policy_documents = ["{}"]\n}\n'
        'resource "aws_iam_policy" "x" {\n  policy = data.aws_iam_policy_document.p.json\n'
        "  other  = data.aws_iam_policy_document.q.json\n}\n"
    }
    body = instances(files)["aws_iam_policy.x"].body
    policy, other = body.text("policy"), body.text("other")
    assert isinstance(policy, Unknown)
    assert policy.reason == "known only after apply: aws_s3_bucket.b.arn"
    assert isinstance(other, Unknown)
    assert other.reason == "data.aws_iam_policy_document.q is read at apply"


def test_what_a_provider_configuration_decides() -> None:
    files = {
        "main.tf": 'provider "google" {\n  project = "ml"\n  region  = "europe-west4"\n}\n'
        'data "google_client_config" "c" {}\ndata "aws_availability_zones" "z" {}\n'
        'resource "t_a" "x" {\n  project = data.google_client_config.c.project\n'
        "  region  = data.google_client_config.c.region\n  token   = data.google_client_config.c.access_token\n"
        "  zone    = data.aws_availability_zones.z.names[0]\n}\n"
    }
    body = instances(files)["t_a.x"].body
    found = {name: body.text(name) for name in ("project", "region", "token", "zone")}
    assert [one.value for one in found.values() if isinstance(one, Known)] == ["ml", "europe-west4"]
    assert [one.reason for one in found.values() if isinstance(one, Unknown)] == [
        "data.google_client_config.c is read at apply",
        "data.aws_availability_zones.z is read at apply",
    ]


def test_functions_of_providers_are_unknown_and_no_mistake() -> None:
    found = root({"main.tf": 'resource "t_a" "x" {\n  a = provider::aws::arn_parse("arn:aws:s3:::b").service\n}\n'})
    assert not found.problems
    value = found.instances[0].body.text("a")
    assert isinstance(value, Unknown)
    assert value.reason == "provider::aws::arn_parse() is a function of a provider, which runs only with it"


def test_manifests_that_the_kubernetes_provider_decodes_are_known() -> None:
    text = '"---\\nkind: A\\n---\\n# nothing\\n--- \\nkind: B\\n"'
    assert plain(f"provider::kubernetes::manifest_decode_multi({text})[*].kind") == ["A", "B"]
    assert plain('provider::kubernetes::manifest_decode("kind: A").kind') == "A"


def test_the_working_directory_is_known_by_its_name_only() -> None:
    main = 'resource "t_a" "x" {\n  name = "ex-${basename(path.cwd)}"\n  path = "${path.cwd}/x"\n}\n'
    body = instances({"examples/gpu/main.tf": main})["t_a.x"].body
    name, path = body.text("name"), body.text("path")
    assert isinstance(name, Known)
    assert name.value == "ex-gpu"
    assert isinstance(path, Unknown)
    assert path.reason == "it depends on where the repository is checked out"
    assert isinstance(instances({"main.tf": main})["t_a.x"].body.text("name"), Unknown)
    opened = console.open_console(MemoryTree({"a/main.tf": ""}), "a", DEFAULT)
    assert opened is not None
    found = opened.evaluate("[path.cwd, basename(path.cwd)]")
    assert isinstance(found, Value)
    assert console.plain(found) == [{"__unknown__": "it depends on where the repository is checked out"}, "a"]

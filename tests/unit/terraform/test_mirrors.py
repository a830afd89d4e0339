"""Attributes that repeat an argument are known where that one is written."""

from __future__ import annotations

import pytest

from .evaluating import plain

UNKNOWN = "__unknown__"


@pytest.mark.parametrize(
    ("block", "expression"),
    [
        ('resource "aws_s3_bucket" "a" {\n  bucket = "x"\n}', "aws_s3_bucket.a.id"),
        ('resource "google_storage_bucket" "a" {\n  name = "x"\n}', "google_storage_bucket.a.id"),
        ('resource "aws_eks_cluster" "a" {\n  name = "x"\n}', "aws_eks_cluster.a.id"),
    ],
)
def test_an_id_that_is_a_name_is_known(block: str, expression: str) -> None:
    assert plain(expression, block) == "x"


@pytest.mark.parametrize(
    ("block", "expression"),
    [
        ('resource "aws_s3_bucket" "a" {\n  bucket_prefix = "x"\n}', "aws_s3_bucket.a.id"),
        ('resource "aws_s3_bucket" "a" {\n  bucket = "x"\n}', "aws_s3_bucket.a.arn"),
        ('resource "aws_instance" "a" {\n  ami = "x"\n}', "aws_instance.a.id"),
    ],
)
def test_what_the_provider_makes_up_is_not(block: str, expression: str) -> None:
    assert plain(expression, block)[UNKNOWN].startswith("known only after apply: ")

"""Attributes that a provider sets to what another one says, so that they are known before anything is made.

Source: the argument and attribute references of the providers' documentation (`id` - Name of the bucket, and so on),
hashicorp/aws 6 and hashicorp/google 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ID_IS_NAME: Final = {"id": "name"}
MIRRORS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_autoscaling_group": _ID_IS_NAME,
    "aws_cloudwatch_log_group": _ID_IS_NAME,
    "aws_dynamodb_table": _ID_IS_NAME,
    "aws_ecr_repository": _ID_IS_NAME,
    "aws_eks_cluster": _ID_IS_NAME,
    "aws_iam_instance_profile": _ID_IS_NAME,
    "aws_iam_role": _ID_IS_NAME,
    "aws_key_pair": {"id": "key_name"},
    "aws_s3_bucket": {"id": "bucket"},
    "aws_sagemaker_endpoint": _ID_IS_NAME,
    "aws_sagemaker_endpoint_configuration": _ID_IS_NAME,
    "aws_sagemaker_model": _ID_IS_NAME,
    "aws_sagemaker_notebook_instance": _ID_IS_NAME,
    "google_storage_bucket": _ID_IS_NAME,
}
"""Resource type -> attribute -> the argument that it repeats."""

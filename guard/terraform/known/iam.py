"""terraform-aws-modules/iam/aws: IAM roles, users, groups and policies; nothing with a price.

Source: the resources of the module (https://github.com/terraform-aws-modules/terraform-aws-iam).
"""

from __future__ import annotations

from guard.terraform.known._free import free

MODULE = free("iam", "terraform-aws-modules/iam/aws")

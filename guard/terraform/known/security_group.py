"""terraform-aws-modules/security-group/aws: a security group and its rules; nothing with a price.

Source: the resources of the module (https://github.com/terraform-aws-modules/terraform-aws-security-group).
"""

from __future__ import annotations

from guard.terraform.known._free import free

MODULE = free("security_group", "terraform-aws-modules/security-group/aws")

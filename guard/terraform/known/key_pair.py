"""terraform-aws-modules/key-pair/aws: an EC2 key pair; nothing with a price.

Source: the resources of the module (https://github.com/terraform-aws-modules/terraform-aws-key-pair).
"""

from __future__ import annotations

from guard.terraform.known._free import free

MODULE = free("key_pair", "terraform-aws-modules/key-pair/aws")

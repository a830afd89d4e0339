"""aws-ia/eks-blueprints-addon/aws: a Helm release and its IAM role; nothing with a price.

Source: the resources of the module (https://github.com/aws-ia/terraform-aws-eks-blueprints-addon).
"""

from __future__ import annotations

from guard.terraform.known._free import free

MODULE = free("eks_blueprints_addon", "aws-ia/eks-blueprints-addon/aws")

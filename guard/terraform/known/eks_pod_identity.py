"""terraform-aws-modules/eks-pod-identity/aws: an IAM role and its association; nothing with a price.

Source: the resources of the module (https://github.com/terraform-aws-modules/terraform-aws-eks-pod-identity).
"""

from __future__ import annotations

from guard.terraform.known._free import free

MODULE = free("eks_pod_identity", "terraform-aws-modules/eks-pod-identity/aws")

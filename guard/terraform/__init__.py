"""Terraform configurations to evaluated instances, as Terraform itself would evaluate them."""

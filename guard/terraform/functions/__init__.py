"""Terraform's functions: `table.FUNCTIONS` lists them, `table.call` calls one by its name."""

"""Instances and document items to resources; one file for each platform."""

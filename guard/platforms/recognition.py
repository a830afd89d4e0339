"""Which texts of YAML or JSON could be a platform's at all, told from the text alone: composing one costs far more."""

from __future__ import annotations

import re
from typing import Final

import re2

# A key of which at least one stands in every document that some platform claims.
_KEYS: Final = (
    rb"""apiVersion|AWSTemplateFormatVersion|Resources|planned_values|jobSpec|worker_?[pP]ool_?[sS]pecs"""
    + (
        rb"""|servingEngineSpec|endpoint_name|create_job|create_monitor|litellm_params|endpoint_type|route_type|flavors"""
        rb"""|applications|Steps|accelerators|instance_?[tT]ype|instance_group|bundle|build|run"""
    )
)
# One that is common in other files counts only where what follows is what that platform asks for. What follows a key
# may also stand elsewhere (`*alias`).
_COMMON_KEYS: Final = rb"""
    service(?=["']?\s*:\s*(?:["']?[^\s:]+:|[&!*>|\#]))
    |services(?!["']?\s*:\s+-\s+[\w.-]+\s*$)
    |resources(?!["']?\s*:\s*\d)
    |compute(?!["']?\s*:\s+-\s)
    |\$schema(?=["']?\s*:\s*(?:[&!*>|\#]|[^\n]*(?i:azureml)))
    |type(?=["']?\s*:\s*(?:[&!*>|\#]|["']?(?i:amlcompute|computeinstance|command|sweep|pipeline|spark|automl
        |task|service|dev-environment|fleet|volume)))
"""
_CLAIMED: Final = re2.compile(rb"""(?:^|[^\w.-])(?:""" + _KEYS + rb""")["']?\s*:""")
_COMMON: Final = re2.compile(rb"""(?:^|[^\w.-])(?:services?|resources|compute|\$schema|type)["']?\s*:""")
_CLAIMED_AFTER_ALL: Final = re.compile(
    rb"(?<![\w.-])(?:" + _COMMON_KEYS + rb""")["']?\s*:""", re.VERBOSE | re.MULTILINE
)
# A key that is written with an escape can be any key, and a template that is not filled in can hold any.
_HIDDEN: Final = re2.compile(rb"""\{\{|\{%|%\{|\\[uUx][0-9a-fA-F]+[^"\n]*"\s*:""")
# What a deployment says of itself, in any format: text without one of these is nobody's, and nobody's broken text is
# no reason to stop a pipeline.
_DEPLOYS: Final = re2.compile(
    rb"""(?m)(?:^[\s-]*|["'])(?:apiVersion|AWSTemplateFormatVersion|Resources|\$schema|workerPoolSpecs|endpoint_name"""
    rb"""|planned_values|resources|accelerators|instance_type|services|bundle|Steps|flavors|instance_group)["']?"""
    rb"""\s*[:{\[]"""
)


def may_be_claimed(text: bytes) -> bool:
    """Tell whether some platform might claim a document of this text; where not, none does."""
    if _CLAIMED.search(text) is not None or _HIDDEN.search(text) is not None:
        return True
    return _COMMON.search(text) is not None and _CLAIMED_AFTER_ALL.search(text) is not None


def seems_to_deploy(text: bytes) -> bool:
    """Tell whether a text says of itself that it deploys something, so that it matters where it cannot be read."""
    return _DEPLOYS.search(text) is not None

"""Which texts of YAML or JSON could be a platform's at all, told from the text alone: composing one costs far more."""

from __future__ import annotations

import re

# A key of which at least one stands in every document that some platform claims; a key that is common in other files
# counts only where what follows is what that platform asks for. What follows a key may also stand elsewhere (`*alias`).
_KEYS = r"""
    apiVersion|AWSTemplateFormatVersion|Resources|\$schema|planned_values
    |jobSpec|worker_?[pP]ool_?[sS]pecs|servingEngineSpec|endpoint_name|create_job|create_monitor
    |litellm_params|endpoint_type|route_type
    |flavors|applications|Steps|accelerators|instance_?[tT]ype|instance_group|bundle|build|run
    |service(?=["']?\s*:\s*(?:["']?[^\s:]+:|[&!*>|\#]))
    |services(?!["']?\s*:\s+-\s+[\w.-]+\s*$)
    |resources(?!["']?\s*:\s*\d)
    |compute(?!["']?\s*:\s+-\s)
    |type(?=["']?\s*:\s*(?:[&!*>|\#]|["']?(?i:amlcompute|computeinstance|command|sweep|pipeline|spark|automl
        |task|service|dev-environment|fleet|volume)))
"""
_CLAIMED = re.compile(rf"""(?:{_KEYS})["']?\s*:""", re.VERBOSE | re.MULTILINE)
# A key that is written with an escape can be any key, and a template that is not filled in can hold any.
_HIDDEN = re.compile(r"""\{\{|\{%|%\{|\\[uUx][0-9a-fA-F]+[^"\n]*"\s*:""")


def may_be_claimed(text: str) -> bool:
    """Tell whether some platform might claim a document of this text; where not, none does."""
    return _CLAIMED.search(text) is not None or _HIDDEN.search(text) is not None

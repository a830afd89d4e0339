"""The table of all functions: Terraform's, those that only OpenTofu has, and the built-in provider's.

`try` and `can` are not among them: what they do with their arguments is the evaluator's part.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Final

from guard.model.value import Unknown
from guard.terraform.functions import (
    collections,
    conversions,
    csv_text,
    dates,
    encoding,
    files,
    formatting,
    framework,
    hashes,
    json_text,
    mappings,
    network,
    numeric,
    paths,
    patterns,
    provider,
    sequences,
    sets,
    strings,
    yaml_reading,
    yaml_writing,
)
from guard.terraform.functions.framework import Environment, Function, FunctionError
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Value, unknown

_PREFIX: Final = "core::"

FUNCTIONS: Final[Mapping[str, Function]] = {
    **collections.FUNCTIONS,
    **conversions.FUNCTIONS,
    **csv_text.FUNCTIONS,
    **dates.FUNCTIONS,
    **encoding.FUNCTIONS,
    **files.FUNCTIONS,
    **formatting.FUNCTIONS,
    **hashes.FUNCTIONS,
    **json_text.FUNCTIONS,
    **mappings.FUNCTIONS,
    **network.FUNCTIONS,
    **numeric.FUNCTIONS,
    **paths.FUNCTIONS,
    **patterns.FUNCTIONS,
    **provider.FUNCTIONS,
    **sequences.FUNCTIONS,
    **sets.FUNCTIONS,
    **strings.FUNCTIONS,
    **yaml_reading.FUNCTIONS,
    **yaml_writing.FUNCTIONS,
}


def call(name: str, arguments: Sequence[Value], environment: Environment) -> Value:
    """Return the result of the function `name` (`core::` before it is the same); FunctionError where it fails."""
    function = environment.functions.get(name) or FUNCTIONS.get(name.removeprefix(_PREFIX))
    if function is None and name.startswith("provider::") and not name.startswith("provider::terraform::"):
        return unknown(
            DYNAMIC, Unknown(f"{name}() is a function of a provider, which runs only with it", environment.location)
        )
    if function is None:
        near = difflib.get_close_matches(name.removeprefix(_PREFIX), FUNCTIONS, 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise FunctionError(f'there is no function named "{name}"{hint}')
    return framework.call(function, arguments, environment)

"""Definitions of custom resources: large, generated, and nothing that deploys, so they are not composed."""

from __future__ import annotations

import re

_NAME = "CustomResourceDefinition"
_START = re.compile(r"^---(?=\s|\Z)[^\n]*|\A", re.MULTILINE)
# What stands at the margin of a definition. Another key there, or one of these twice, and it may be something else.
_MARGIN = re.compile(r"^[^\s#].*", re.MULTILINE)
_KEYS = re.compile(
    r"(apiVersion)[ ]*:[ ]+[\"']?apiextensions\.k8s\.io/v1(?:beta1)?[\"']?|(kind)[ ]*:[ ]+CustomResourceDefinition"
    r"|(metadata|spec|status)[ ]*:(?:[ ]+\{\})?"
)
_NOT_BREAK = re.compile(r"[^\n\r\x85\u2028\u2029]+")


def without_definitions(text: str) -> str:
    """Return `text` with blanks in place of each document that is certainly a CustomResourceDefinition.

    Nothing else moves, so that offsets, lines and columns stay what they are.
    """
    if _NAME not in text:
        return text
    starts = [match.span() for match in _START.finditer(text)]
    parts = []
    end = 0
    for number, (_, begin) in enumerate(starts):
        following = starts[number + 1][0] if number + 1 < len(starts) else len(text)
        body = text[begin:following]
        parts.append(text[end:begin])
        parts.append(_NOT_BREAK.sub(_blank, body) if _is_definition(body) else body)
        end = following
    return "".join(parts)


def _blank(match: re.Match[str]) -> str:
    return " " * (match.end() - match.start())


def _is_definition(body: str) -> bool:
    if _NAME not in body:
        return False
    seen: set[str] = set()
    first = next((line for line in body.split("\n") if line.strip() and not line.lstrip().startswith("#")), "")
    if first[:1].isspace():
        # Keys may then stand further right, where the margin says nothing of them.
        return False
    for match in _MARGIN.finditer(body):
        found = _KEYS.fullmatch(match[0].partition(" #")[0].rstrip())
        key = next((one for one in found.groups() if one), "") if found else ""
        if not key or key in seen:
            return False
        seen.add(key)
    return {"apiVersion", "kind"} <= seen

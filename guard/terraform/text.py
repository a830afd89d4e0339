"""Text as Terraform counts and compares it: grapheme clusters, Go's letter cases and spaces, safe known prefixes."""

from __future__ import annotations

import unicodedata
from typing import Final

SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Go's `unicode.IsSpace` holds for a space."""
_ENDS_CLUSTER: Final = frozenset("-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'")


def clusters(text: str) -> list[str]:
    """Return the grapheme clusters of a text: what a reader takes for its characters."""
    if text.isascii() and "\r" not in text:
        return list(text)
    import regex

    return regex.findall(r"\X", text)


def cluster_count(text: str) -> int:
    """Return the number of grapheme clusters of a text."""
    return len(text) if text.isascii() and "\r" not in text else len(clusters(text))


def safe_prefix(text: str) -> str:
    """Return the part of a known beginning that no continuation can change.

    The last cluster is left off, because a combining mark may follow, unless it is a common delimiter.
    """
    normal = unicodedata.normalize("NFC", text)
    found = clusters(normal)
    if not found or (len(found[-1]) == 1 and found[-1] in _ENDS_CLUSTER):
        return normal
    return "".join(found[:-1])


def upper(text: str) -> str:
    """Return text in capitals, each letter by itself as Go does: a letter that would become two stays."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Return text in small letters, each letter by itself as Go does."""
    return text.lower() if text.isascii() else "".join(letter.lower()[0] for letter in text)


def titled(text: str) -> str:
    """Return text with each letter that begins a word in title case."""
    before = " "
    letters = []
    for letter in text:
        letters.append(_title(letter) if _separates(before) else letter)
        before = letter
    return "".join(letters)


def _upper(letter: str) -> str:
    changed = letter.upper()
    return changed if len(changed) == 1 else _title(letter)


def _title(letter: str) -> str:
    changed = letter.title()
    return changed if len(changed) == 1 else letter


def _separates(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    if letter.isalpha() or letter.isdecimal():
        return False
    return letter in SPACES

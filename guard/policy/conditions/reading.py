"""What a part of a condition reads: the facts it names, checked against what resources have, and how it reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count

from guard.policy.conditions.facts import LISTS, MONTHLY, NAMES, SINGLES, TEXTS, Path, field_names
from guard.policy.conditions.tokens import MACROS, ConditionError, Token, closing

ROOT = "resource"
_WORDS = frozenset(
    ["true", "false", "null", "in", "int", "uint", "double", "string", "bool", "bytes", "list", "map", "type", "dyn"]
)
_FUNCTIONS = frozenset(
    ["has", "size", "int", "uint", "double", "string", "bool", "bytes", "type", "dyn", "matches", "max", "min"]
) | {"timestamp", "duration"}
_METHODS = MACROS | frozenset(
    ["size", "contains", "startsWith", "endsWith", "matches", "getFullYear", "getMonth", "getDate", "getHours"]
)
_WHOLE_KEYS = frozenset({".", "["})


@dataclass(frozen=True, slots=True)
class Read:
    """A fact that is read. `whole` tells that more than its elements' keys matters, `asked` that only its presence."""

    path: Path
    variable: str
    whole: bool = False
    asked: bool = False


@dataclass(slots=True)
class Reading:
    """A part as it is run: its text with a variable in place of each fact, and what it reads.

    `presence` tells that it asks whether elements have a key; `keys` are those that it reads of elements.
    """

    text: str
    reads: tuple[Read, ...]
    keys: frozenset[str]
    presence: bool


@dataclass(slots=True)
class _Scan:
    tokens: Sequence[Token]
    numbers: Iterator[int] = field(default_factory=count)
    reads: list[Read] = field(default_factory=list)
    replaced: dict[int, tuple[int, str]] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    presence: bool = False


def reading(tokens: Sequence[Token]) -> Reading:
    """Return what these tokens read. Raises ConditionError for a name that nothing has."""
    scan = _Scan(tokens, bound=_bound(tokens))
    i = 0
    while i < len(tokens):
        i = _at(scan, i)
    return Reading(_rewritten(scan), tuple(scan.reads), frozenset(scan.keys), scan.presence)


def _bound(tokens: Sequence[Token]) -> dict[str, str]:
    """Return the names that macros bind, each with the list of facts that it runs over, "" where that is another."""
    found: dict[str, str] = {}
    for i in range(len(tokens) - 3):
        if tokens[i].text == "." and tokens[i + 1].text in MACROS and tokens[i + 2].text == "(":
            source = tokens[i - 1].text if i > 2 and tokens[i - 3].text == ROOT else ""
            name = tokens[i + 3].text
            found[name] = source if source in LISTS and found.get(name, source) == source else ""
    return found


def _at(scan: _Scan, i: int) -> int:
    """Look at one token and return where to go on."""
    tokens = scan.tokens
    token = tokens[i]
    if token.text == "has" and i + 2 < len(tokens) and tokens[i + 1].text == "(":
        return _has(scan, i)
    if token.text == "in" and token.kind == "name":
        scan.presence = True
    if token.kind == "text" and i + 2 < len(tokens) and tokens[i + 1].text == "in" and tokens[i + 2].text == ROOT:
        path, after = _path(tokens, i + 2)
        literal = _literal(token)
        if literal is not None and (after >= len(tokens) or tokens[after].text not in (".", "[")) and path[0] != "data":
            return _replaced(scan, i, after, (*path, literal), asked=True)
    if token.kind == "name" and i and tokens[i - 1].text == ".":
        _known_method(scan, i)
    if token.kind != "name" or (i and tokens[i - 1].text == "."):
        return i + 1
    if token.text == ROOT:
        return _fact(scan, i)
    _known_name(scan, i)
    return i + 1


def _fact(scan: _Scan, i: int) -> int:
    tokens = scan.tokens
    path, after = _path(tokens, i)
    _checked(tokens, i, path)
    following = tokens[after].text if after < len(tokens) else ""
    looped = following == "." and after + 1 < len(tokens) and tokens[after + 1].text in MACROS and path[0] != "labels"
    whole = not looped and following != "["
    return _replaced(scan, i, after, path, whole=whole)


def _replaced(scan: _Scan, start: int, after: int, path: Path, whole: bool = False, asked: bool = False) -> int:
    name = f"fact_{next(scan.numbers)}"
    scan.reads.append(Read(path, name, whole, asked))
    text = f"({name} != null)" if asked else name
    scan.replaced[start] = after, text
    return after


def _has(scan: _Scan, i: int) -> int:
    """Absent facts are null: what `has` asks is whether there is one that is not."""
    tokens = scan.tokens
    end = closing(tokens, i + 1)
    if tokens[i + 2].text == ROOT:
        path, after = _path(tokens, i + 2)
        if after == end:
            _checked(tokens, i + 2, path)
            return _replaced(scan, i, end + 1, path, asked=True)
    inner = tokens[i + 2 : end]
    if len(inner) == 3 and scan.bound.get(inner[0].text):
        # Elements of a resource's own lists have every field, null where nothing is written.
        _bound_name(scan, i + 2, inner[1].text)
        scan.replaced[i] = end + 1, f"({inner[0].text}.{inner[2].text} != null)"
        return end + 1
    scan.presence = True
    scan.replaced[i] = i + 1, "(has"
    scan.after[end] = f" && {' '.join(token.text for token in tokens[i + 2 : end])} != null)"
    return i + 1


def _path(tokens: Sequence[Token], i: int) -> tuple[Path, int]:
    """Return the fixed path that begins at the token `resource`, and the index after it."""
    path: list[str | int] = []
    at = i + 1
    while at + 1 < len(tokens):
        if tokens[at].text == "." and not (at + 2 < len(tokens) and tokens[at + 2].text == "("):
            path.append(tokens[at + 1].text)
            at += 2
            continue
        key = tokens[at + 1]
        plain = key.text.isdigit() or (key.kind == "text" and _literal(key) is not None)
        if tokens[at].text != "[" or not plain or at + 2 >= len(tokens) or tokens[at + 2].text != "]":
            break
        path.append(int(key.text) if key.kind == "number" else _literal(key) or "")
        at += 3
    return tuple(path), at


def _literal(token: Token) -> str | None:
    """Return what a plain quoted text says, None where escapes or prefixes make it another."""
    body = token.text[1:-1]
    return body if token.text[0] in "\"'" and "\\" not in body and token.text[:3] not in ('"""', "'''") else None


def _checked(tokens: Sequence[Token], i: int, path: Path) -> None:
    if not path:
        raise ConditionError(f"{ROOT} is read fact by fact: {ROOT}.type, {ROOT}.compute", *_ends(tokens[i]))
    name, place = str(path[0]), tokens[min(i + 2, len(tokens) - 1)]
    if name not in NAMES:
        raise ConditionError(f'a resource has no "{name}"{_hint(name, NAMES)}', *_ends(place))
    inner = tokens[min(i + 4, len(tokens) - 1)]
    if name in TEXTS and len(path) > 1:
        raise ConditionError(f"{ROOT}.{name} is text and has nothing below it", *_ends(inner))
    if name == "monthly" and len(path) > 1 and path[1] not in MONTHLY:
        raise ConditionError(f'{ROOT}.monthly has no "{path[1]}", but low and high', *_ends(inner))
    if name in SINGLES and len(path) > 1:
        _check_field(name, str(path[1]), inner)
    if name in LISTS and len(path) > 2:
        _check_field(name, str(path[2]), tokens[min(i + 7, len(tokens) - 1)])
    if name in LISTS and len(path) > 1 and isinstance(path[1], str):
        example = f"{ROOT}.{name}.exists(c, c.{path[1]} ...)"
        raise ConditionError(f"{ROOT}.{name} is a list: write {example}", *_ends(inner))


def _check_field(kind: str, name: str, token: Token) -> None:
    names = field_names(kind)
    if kind and name not in names:
        raise ConditionError(f'{kind} has no "{name}"{_hint(name, names)}', *_ends(token))


def _known_name(scan: _Scan, i: int) -> None:
    tokens, token = scan.tokens, scan.tokens[i]
    following = tokens[i + 1].text if i + 1 < len(tokens) else ""
    if token.text in scan.bound:
        _bound_name(scan, i, following)
    elif following == "(":
        if token.text not in _FUNCTIONS:
            names = _FUNCTIONS | _METHODS
            raise ConditionError(f'there is no function "{token.text}"{_hint(token.text, names)}', *_ends(token))
        scan.presence = scan.presence or token.text == "size"
    elif token.text not in _WORDS:
        raise ConditionError(f'unknown name "{token.text}"; a condition reads `{ROOT}`', *_ends(token))


def _known_method(scan: _Scan, i: int) -> None:
    token = scan.tokens[i]
    if i + 1 < len(scan.tokens) and scan.tokens[i + 1].text == "(":
        if token.text not in _METHODS:
            raise ConditionError(f'there is no function "{token.text}"{_hint(token.text, _METHODS)}', *_ends(token))
        scan.presence = scan.presence or token.text == "size"


def _bound_name(scan: _Scan, i: int, following: str) -> None:
    tokens = scan.tokens
    declared = i >= 2 and tokens[i - 1].text == "(" and tokens[i - 2].text in MACROS and following == ","
    if declared:
        return
    if following not in _WHOLE_KEYS:
        scan.presence = True
        return
    if following == "." and i + 2 < len(tokens):
        name = tokens[i + 2]
        called = i + 3 < len(tokens) and tokens[i + 3].text == "("
        if not called:
            _check_field(scan.bound[tokens[i].text], name.text, name)
            scan.keys.add(name.text)
    elif i + 2 < len(tokens) and tokens[i + 2].kind == "text":
        scan.keys.add(_literal(tokens[i + 2]) or "")


def _rewritten(scan: _Scan) -> str:
    """Return the tokens as text, with what is to stand in place of some of them."""
    parts: list[str] = []
    i = 0
    while i < len(scan.tokens):
        after, text = scan.replaced.get(i, (i + 1, scan.tokens[i].text))
        parts.append(text + scan.after.get(i, ""))
        i = after
    return " ".join(parts)


def _hint(word: str, among: Sequence[str] | frozenset[str]) -> str:
    near = get_close_matches(word, sorted(among), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(sorted(among))}"


def _ends(token: Token) -> tuple[int, int]:
    return token.start, token.end

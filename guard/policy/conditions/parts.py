"""The logic of a condition in three values: what is decided although a part of it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from guard.model.value import Unknown
from guard.policy.conditions.tokens import Token, closing

Answer: TypeAlias = "bool | Unknown"


@dataclass(frozen=True, slots=True)
class Atom:
    """A part without `&&`, `||`, `!` and `?` at its top; its tokens."""

    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`."""

    operand: Part


@dataclass(frozen=True, slots=True)
class Both:
    """`a && b && ...`."""

    operands: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`a || b || ...`."""

    operands: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: Part
    then: Part
    otherwise: Part


Part: TypeAlias = Atom | Not | Both | Either | Choice

_RELATIONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"})


def split(tokens: Sequence[Token]) -> Part:
    """Return the parts of an expression that is known to be right."""
    question = _top(tokens, "?")
    if question:
        colon = _colon(tokens, question[0])
        condition, then = split(tokens[: question[0]]), split(tokens[question[0] + 1 : colon])
        return Choice(condition, then, split(tokens[colon + 1 :]))
    for sign, kind in (("||", Either), ("&&", Both)):
        places = _top(tokens, sign)
        if places:
            bounds = [-1, *places, len(tokens)]
            operands = [split(tokens[one + 1 : two]) for one, two in pairwise(bounds)]
            return kind(tuple(operands))
    if tokens[0].text == "(" and closing(tokens, 0) == len(tokens) - 1:
        return split(tokens[1:-1])
    if tokens[0].text == "!" and not any(_top(tokens, sign) for sign in _RELATIONS):
        return Not(split(tokens[1:]))
    return Atom(tuple(tokens))


def atoms(part: Part) -> tuple[Atom, ...]:
    """Return the atoms of a part in order."""
    match part:
        case Atom():
            return (part,)
        case Not(operand):
            return atoms(operand)
        case Both(operands) | Either(operands):
            return tuple(atom for one in operands for atom in atoms(one))
        case Choice(condition, then, otherwise):
            return (*atoms(condition), *atoms(then), *atoms(otherwise))


def decided(part: Part, answer: Callable[[Atom], Answer]) -> Answer:
    """Return what a part comes to, in Kleene's logic: false and unknown is false, true and unknown is unknown."""
    match part:
        case Atom():
            return answer(part)
        case Not(operand):
            inner = decided(operand, answer)
            return inner if isinstance(inner, Unknown) else not inner
        case Both(operands):
            return _until(operands, answer, False)
        case Either(operands):
            return _until(operands, answer, True)
        case Choice(condition, then, otherwise):
            return _chosen(condition, then, otherwise, answer)


def _until(operands: Sequence[Part], answer: Callable[[Atom], Answer], ending: bool) -> Answer:
    unknown: Unknown | None = None
    for one in operands:
        inner = decided(one, answer)
        if inner is ending:
            return ending
        if isinstance(inner, Unknown):
            unknown = unknown or inner
    return unknown or (not ending)


def _chosen(condition: Part, then: Part, otherwise: Part, answer: Callable[[Atom], Answer]) -> Answer:
    asked = decided(condition, answer)
    if not isinstance(asked, Unknown):
        return decided(then if asked else otherwise, answer)
    first, second = decided(then, answer), decided(otherwise, answer)
    return first if first == second and not isinstance(first, Unknown) else asked


def _top(tokens: Sequence[Token], sign: str) -> list[int]:
    """Return where a sign stands outside of brackets; a minus that begins an operand is no sign between two."""
    level, found = 0, []
    for i, token in enumerate(tokens):
        level += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if level == 0 and token.text == sign and token.kind != "text" and (sign != "-" or i):
            found.append(i)
    return found


def _colon(tokens: Sequence[Token], question: int) -> int:
    """Return where the colon of the question mark at `question` stands."""
    level, open_ = 0, 0
    for i in range(question, len(tokens)):
        text = tokens[i].text
        level += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        if level == 0 and text in ("?", ":"):
            open_ += 1 if text == "?" else -1
            if open_ == 0:
                return i
    return len(tokens) - 1

"""A condition that is ready to be asked: compiled once, tried on facts of the right types, asked of many resources."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

from guard.model.price import Estimate
from guard.model.resource import Resource
from guard.model.value import Unknown
from guard.policy.conditions.facts import Open, fact, first_unknown, sample, without_unknowns
from guard.policy.conditions.parts import Answer, Atom, Part, atoms, decided, split
from guard.policy.conditions.reading import Read, reading
from guard.policy.conditions.tokens import ConditionError, Token, tokenised

_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_INSTALL = "conditions in CEL need a package: pip install 'guard-iac[cel]'"


class Condition:
    """A condition; `text` is as the policy has it."""

    def __init__(self, text: str) -> None:
        """Compile and try it. Raises ConditionError with the place of the first mistake."""
        self.text = text
        tokens = tokenised(text)
        self._part = _parted(text, tokens)
        self._asked = {id(atom): _Asked(atom) for atom in atoms(self._part)}

    def holds(self, facts: Facts) -> Answer:
        """Tell whether it holds for a resource; an Unknown names the first fact that this hangs on."""
        return decided(self._part, lambda atom: self._asked[id(atom)].answer(facts))


class Facts:
    """The facts of one resource as CEL takes them, each converted when it is first read."""

    def __init__(self, resource: Resource, estimate: Estimate) -> None:
        self._resource, self._estimate = resource, estimate
        self._found: dict[tuple[str | int, ...], tuple[Any, Unknown | None]] = {}
        self._added: set[str] = set()
        self.context = _cel().Context()
        self.location = resource.location

    def fact(self, path: tuple[str | int, ...]) -> tuple[Any, Unknown | None]:
        """Return a fact and its first unknown part."""
        if path not in self._found:
            value = fact(self._resource, self._estimate, path)
            self._found[path] = value, first_unknown(value)
        return self._found[path]

    def offer(self, name: str, value: Any, keys: frozenset[str]) -> None:
        """Let the context have a fact as a variable."""
        if name not in self._added:
            self._added.add(name)
            self.context.add_variable(name, without_unknowns(value, keys))


class _Asked:
    """An atom with its program."""

    def __init__(self, atom: Atom) -> None:
        self._tokens = atom.tokens
        made = reading(atom.tokens)
        names = {read.variable: _variable(read, made.keys) for read in made.reads}
        text = re.sub(r"\bfact_\d+\b", lambda found: names.get(found.group(), found.group()), made.text)
        self._reading, self._names = made, names
        self._program = _compiled(text, atom.tokens)
        self._try()

    def answer(self, facts: Facts) -> Answer:
        touched: Unknown | None = None
        absent = False
        for read in self._reading.reads:
            value, unknown = facts.fact(read.path)
            if unknown is not None and (isinstance(value, Unknown) or self._hangs_on(read, value)):
                return unknown
            touched = touched or unknown
            absent = absent or (value is None and not read.asked)
            facts.offer(self._names[read.variable], value, self._reading.keys)
        try:
            result = self._program.execute(facts.context)
        except Exception as error:  # noqa: BLE001  the library raises whatever its Rust code maps an error to
            if touched is not None:
                return touched
            return False if absent else Unknown(_reason(error), facts.location)
        if isinstance(result, bool):
            return result
        return touched or Unknown("the condition is neither true nor false", facts.location)

    def _hangs_on(self, read: Read, value: Any) -> bool:
        """Tell whether more matters than the elements that are read: reading an unknown one is an error by itself."""
        whole = read.whole or read.asked or self._reading.presence or isinstance(value, Open)
        return whole or (isinstance(value, list) and any(isinstance(one, Unknown) for one in value))

    def _try(self) -> None:
        """Run it on facts of the right types. Raises ConditionError where the types do not fit."""
        values = {read.variable: sample(read.path) for read in self._reading.reads}
        if any(values[read.variable] is None and not read.asked for read in self._reading.reads):
            return
        context = _cel().Context()
        for name, value in values.items():
            context.add_variable(self._names[name], value)
        try:
            result = self._program.execute(context)
        except (TypeError, RuntimeError, ValueError) as error:
            raise ConditionError(_reason(error), *_ends(self._tokens)) from None
        except Exception:  # noqa: BLE001  an index or a key that the sample lacks says nothing
            return
        if not isinstance(result, bool):
            raise ConditionError("this is neither true nor false", *_ends(self._tokens))


@cache
def _cel() -> Any:
    """Return the CEL library, without its command line, whose import takes twenty times as long as all the rest."""
    if "cel" not in sys.modules:
        sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
    try:
        import cel
    except ImportError:
        raise ConditionError(_INSTALL, 0, 1) from None
    return cel


_VARIABLES: dict[tuple[Any, ...], str] = {}


def _variable(read: Read, keys: frozenset[str]) -> str:
    """Return the name of a fact in every context; a list is another one for each set of keys that is read of it."""
    return _VARIABLES.setdefault((read.path, frozenset() if read.asked else keys), f"known_{len(_VARIABLES)}")


def _parted(text: str, tokens: Sequence[Token]) -> Part:
    try:
        _cel().compile(text)
    except ValueError as error:
        raise _complaint(text, str(error)) from None
    return split(tokens)


def _complaint(text: str, message: str) -> ConditionError:
    found = _PLACE.search(message)
    if found is None:
        return ConditionError("this is no CEL", 0, len(text))
    line, column, said = int(found[1]), int(found[2]), found[3]
    start = sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    said = re.sub(r" expecting \{.*", "", said.removeprefix("Syntax error: ")).replace("<EOF>", "the end")
    return ConditionError(f"syntax error: {said}", start, start + 1)


def _compiled(text: str, tokens: Sequence[Token]) -> Any:
    try:
        return _cel().compile(text)
    except ValueError:
        raise ConditionError("this cannot be compiled", *_ends(tokens)) from None


def _ends(tokens: Sequence[Token]) -> tuple[int, int]:
    return tokens[0].start, tokens[-1].end


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, KeyError):
        return f"an element has no {text}; ask has() first"
    if isinstance(error, TypeError):
        return "the types do not fit: " + text.partition(":")[2].partition(".")[0].strip()
    return re.sub(r"known_\d+", "a fact", text.partition(". ")[0])

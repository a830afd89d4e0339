"""How functions are described and called: parameters, what they let through, and the type of the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from guard.model.location import Location, whole_file
from guard.model.value import Unknown
from guard.terraform import numbers
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.numbers import NotANumber, NumberTooLarge
from guard.terraform.types import DYNAMIC, STRING, Type
from guard.terraform.values import (
    NO_MARKS,
    Undecided,
    Value,
    as_number,
    as_text,
    first_unknown,
    not_null,
    string,
    unknown,
    unmarked_deep,
    with_marks,
)

MOST_ELEMENTS: Final = 100_000
"""A function that would make a larger collection fails."""
LONGEST_TEXT: Final = 16_000_000
"""A function that would make a longer text fails."""


class FunctionError(Exception):
    """A call fails. `argument` is the number (from 0) of the argument that is to blame, None where it is the call."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.argument = argument


class Files(Protocol):
    """The files of the tree that is read; paths are POSIX and relative to its root."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes; OSError where there is none that may be read."""
        ...

    def paths(self) -> Sequence[str]:
        """Return the paths of all files, sorted."""
        ...


class Templates(Protocol):
    """What evaluates templates for `templatefile` and `templatestring`."""

    def __call__(self, name: str, text: str, variables: Mapping[str, Value], environment: Environment) -> Value:
        """Return the evaluated template (of any type); FunctionError where it is not valid or fails."""
        ...


class _NoFiles:
    def read(self, path: str) -> bytes:
        raise FileNotFoundError(path)

    def paths(self) -> tuple[str, ...]:
        return ()


_NO_FUNCTIONS: Final[Mapping[str, Function]] = {}


class Environment(NamedTuple):
    """What functions may see beside their arguments.

    `location` is that of the call; `directory` is the module's, to which file names are relative, below the root;
    `depth` counts templates within templates. `moment` is when the plan is made, in RFC 3339; "" where nobody says so.
    `console` is set for expressions that are typed at the prompt. `functions` are those that only this place has.
    """

    location: Location = whole_file("")
    directory: str = ""
    files: Files = _NoFiles()
    templates: Templates | None = None
    depth: int = 0
    moment: str = ""
    console: bool = False
    functions: Mapping[str, Function] = _NO_FUNCTIONS


NOWHERE: Final = Environment()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its type and whether null, unknown, values of unknown type and marked values reach the function.

    What does not reach it is dealt with by `call`: null is an error, unknown makes the result unknown, marks are taken
    off, at any depth, and put on the result.
    """

    name: str
    type: Type = DYNAMIC
    null: bool = False
    unknown: bool = False
    dynamic: bool = False
    marked: bool = False


Arguments: TypeAlias = Sequence[Value]
Result: TypeAlias = "Type | Callable[[Arguments], Type]"
Implementation: TypeAlias = Callable[[Arguments, Type, Environment], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: `result` is the type of what it returns, or computes it from the arguments."""

    parameters: tuple[Parameter, ...]
    result: Result
    run: Implementation
    variadic: Parameter | None = None
    never_null: bool = True

    @property
    def rest(self) -> Parameter:
        """The parameter that takes the arguments after those of `parameters`; there is one where they are counted."""
        assert self.variadic is not None
        return self.variadic


_HOLDING: Final = (tuple, dict)
"""What holds other values, which may be marked."""


def call(function: Function, arguments: Arguments, environment: Environment = NOWHERE) -> Value:
    """Return the function's result, its arguments converted to the parameters' types; FunctionError if it fails."""
    _count(function, len(arguments))
    parameters, count = function.parameters, len(function.parameters)
    converted = list(arguments)
    for position, value in enumerate(arguments):
        wanted = parameters[position].type if position < count else function.rest.type
        if wanted is not value.type and wanted.kind != "dynamic":
            try:
                converted[position] = convert(value, wanted)
            except ConversionError as error:
                raise FunctionError(str(error), position) from None
    return call_converted(function, converted, environment)


def call_converted(function: Function, arguments: list[Value], environment: Environment = NOWHERE) -> Value:
    """Return the function's result for arguments that have the parameters' types already."""
    marks: frozenset[str] = NO_MARKS
    undecided = untyped = False
    prepared: list[Value] = []
    parameters, count = function.parameters, len(function.parameters)
    for position, argument in enumerate(arguments):
        parameter = parameters[position] if position < count else function.rest
        value = argument
        content = value.content
        if not parameter.marked and (argument.marks or type(content) in _HOLDING):
            value, found = unmarked_deep(argument)
            if found:
                marks |= found
                content = value.content
        if content is None and not parameter.null:
            raise FunctionError("argument must not be null", position)
        if value.type.kind == "dynamic" and not parameter.dynamic:
            untyped = True
        if type(content) is Undecided and not parameter.unknown:
            undecided = True
        prepared.append(value)
    result = _finished(function, prepared, environment, undecided=undecided, untyped=untyped)
    return with_marks(result, marks) if marks else result


def _finished(
    function: Function, arguments: list[Value], environment: Environment, *, undecided: bool, untyped: bool
) -> Value:
    try:
        if untyped:
            return unknown_from(DYNAMIC, *arguments)
        kind = function.result if isinstance(function.result, Type) else function.result(arguments)
        if undecided:
            return unknown_from(kind, *arguments, never_null=function.never_null)
        result = function.run(arguments, kind, environment)
    except ConversionError as error:
        raise FunctionError(str(error)) from None
    except NumberTooLarge:
        raise FunctionError("a number has too many digits") from None
    except NotANumber:
        raise FunctionError("the result is not a number") from None
    except RecursionError:
        raise FunctionError("a value is nested too deeply") from None
    return not_null(result) if function.never_null else result


def _count(function: Function, given: int) -> None:
    wanted = len(function.parameters)
    if given < wanted or (given > wanted and function.variadic is None):
        least = "at least " if function.variadic else ""
        raise FunctionError(f"wrong number of arguments ({least}{wanted} required; {given} given)")


def unknown_from(kind: Type, *arguments: Value, never_null: bool = False) -> Value:
    """Return the unknown that a call gives because of the first unknown part of its arguments."""
    cause = first_unknown(*arguments)
    if cause is None:
        cause = Unknown("the type of an argument is not known", whole_file(""))
    return unknown(kind, cause, not_null=never_null)


def whole_number(value: Value, argument: int | None = None, prefix: str = "") -> int:
    """Return a known number as an integer of 64 bits; FunctionError where it is none."""
    found = as_number(value)
    if not found.is_integer or found.exponent + found.mantissa.bit_length() > 63:
        between = f"between {-(2**63)} and {2**63 - 1}"
        raise FunctionError(f"{prefix}value must be a whole number, {between}", argument)
    return numbers.integer(found)


def text_function(change: Callable[[str], str], name: str = "str") -> Function:
    """Return the function of one string that gives a string."""

    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return string(change(as_text(arguments[0])))

    return Function((Parameter(name, STRING, dynamic=True),), STRING, run)


def limited(text: str) -> str:
    """Return text that is not too long; FunctionError where it is."""
    if len(text) > LONGEST_TEXT:
        raise FunctionError(f"the result would be longer than {LONGEST_TEXT} characters")
    return text

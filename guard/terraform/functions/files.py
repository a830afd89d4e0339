"""Functions that read files, all within the tree that is read, and templates."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NoReturn

from guard.model.value import Unknown
from guard.terraform.conversion import ConversionError, convert
from guard.terraform.functions.encoding import encode_base64
from guard.terraform.functions.framework import (
    Arguments,
    Environment,
    Function,
    FunctionError,
    Parameter,
    unknown_from,
)
from guard.terraform.functions.hashes import DIGESTS
from guard.terraform.functions.paths import CHECKOUT, clean, glob_pattern
from guard.terraform.functions.patterns import compiled
from guard.terraform.notation import IDENTIFIER
from guard.terraform.sets import quoted
from guard.terraform.types import BOOL, DYNAMIC, STRING, Type, set_of
from guard.terraform.values import (
    Value,
    as_text,
    boolean,
    is_sensitive,
    set_value,
    string,
    unknown,
    unmarked,
    unmarked_deep,
    with_marks,
)

ABSENT: Final = (
    "this function works only with files that are distributed as part of the configuration source code, so if this "
    "file will be created by a resource in this configuration you must instead obtain this result from an attribute "
    "of that resource"
)


def place_in_tree(path: str, environment: Environment) -> str | None:
    """Return where a file is within the tree, None where it is not in it."""
    if path == CHECKOUT or path.startswith(f"{CHECKOUT}/"):
        return _within(clean(path))
    if path.startswith(("/", "~")) or "\0" in path:
        return None
    joined = clean(posixpath.join(environment.directory, path))
    return None if joined == ".." or joined.startswith("../") else joined


def _within(path: str) -> str | None:
    if path == CHECKOUT:
        return "."
    return path.removeprefix(f"{CHECKOUT}/") if path.startswith(f"{CHECKOUT}/") else None


def _outside(kind: Type, path: Value, environment: Environment) -> Value:
    shown = "a file" if is_sensitive(path) else quoted(as_text(path))
    reason = f"{shown} is not among the files that are checked"
    return with_marks(unknown(kind, Unknown(reason, environment.location), not_null=True), path.marks)


def _shown(path: Value) -> str:
    return "(sensitive value)" if is_sensitive(path) else quoted(as_text(path))


def _read(path: Value, located: str, environment: Environment) -> bytes:
    try:
        return environment.files.read(located)
    except FileNotFoundError:
        raise FunctionError(f"no file exists at {_shown(path)}; {ABSENT}", 0) from None
    except OSError as error:
        raise FunctionError(f"failed to read {_shown(path)}: {error.strerror or error}", 0) from None


def _with_content(use: Callable[[bytes, Value], str]) -> Function:
    def run(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        path, marks = unmarked(arguments[0])
        if not path.is_known:
            return with_marks(unknown_from(STRING, path), marks)
        located = place_in_tree(as_text(path), environment)
        if located is None:
            return _outside(STRING, arguments[0], environment)
        return with_marks(string(use(_read(arguments[0], located, environment), arguments[0])), marks)

    return Function((Parameter("path", STRING, marked=True, unknown=True),), STRING, run)


def _decoded(data: bytes, path: Value) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        advice = "use the filebase64 function to obtain the Base64 encoded contents or the other file functions"
        raise FunctionError(
            f"contents of {_shown(path)} are not valid UTF-8; {advice} (e.g. filemd5, filesha256) to obtain file "
            "hashing results instead"
        ) from None


def _below(paths: Sequence[str], prefix: str) -> Iterator[str]:
    """Yield the sorted paths that begin with a prefix."""
    for at in range(bisect_left(paths, prefix), len(paths)):
        if not paths[at].startswith(prefix):
            return
        yield paths[at]


def _paths(environment: Environment) -> Sequence[str]:
    try:
        return environment.files.paths()
    except OSError as error:
        raise FunctionError(str(error)) from None


def _fileexists(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    path, marks = unmarked(arguments[0])
    if not path.is_known:
        return with_marks(unknown_from(BOOL, path), marks)
    located = place_in_tree(as_text(path), environment)
    if located is None:
        return _outside(BOOL, arguments[0], environment)
    paths = _paths(environment)
    found = next(_below(paths, located), "") == located
    if not found and ((located == "." and paths) or next(_below(paths, f"{located}/"), "")):
        raise FunctionError(f"{_shown(arguments[0])} is a directory, not a file", 0)
    return with_marks(boolean(found), marks)


def _fileset(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    path, pattern = unmarked(arguments[0])[0], unmarked(arguments[1])[0]
    marks = arguments[0].marks | arguments[1].marks
    if not (path.is_known and pattern.is_known):
        return with_marks(unknown_from(kind, path, pattern), marks)
    base = place_in_tree(as_text(path), environment)
    located = place_in_tree(clean(posixpath.join(as_text(path), as_text(pattern).lstrip("/"))), environment)
    if base is None or located is None:
        return _outside(kind, arguments[0], environment)
    expression = compiled(glob_pattern(located))
    # Most paths of a large tree are ruled out by what stands before the first wildcard.
    prefix = re.split(r"[*?\[\]{}\\]", located, maxsplit=1)[0]
    found = [each for each in _below(_paths(environment), prefix) if expression.fullmatch(each)]
    names = [string(posixpath.relpath(each, base)) for each in found]
    return with_marks(set_value(names, STRING), marks)


# Templates


class _NoFiles:
    """Stands for the files where a template may not read any."""

    def read(self, path: str) -> bytes:
        """Raise the error that says so."""
        self._refuse()

    def paths(self) -> Sequence[str]:
        """Raise the error that says so."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise PermissionError(
            "cannot use filesystem access functions in templatestring templates; "
            "consider passing the function result as a template variable instead"
        )


def _rendered(name: str, text: str, variables: Value, environment: Environment) -> Value:
    if environment.depth:
        raise FunctionError("cannot recursively call a template function from inside another template function")
    if variables.type.kind not in ("map", "object"):
        raise FunctionError("invalid vars value: must be a map", 1)
    for key in variables.fields:
        if not IDENTIFIER.fullmatch(key):
            rule = "must start with a letter, followed by zero or more letters, digits, and underscores"
            raise FunctionError(f"invalid template variable name {quoted(key)}: {rule}", 1)
    if environment.templates is None:
        raise FunctionError("templates cannot be evaluated here")
    result = environment.templates(name, text, variables.fields, environment._replace(depth=environment.depth + 1))
    if result.is_null:
        raise FunctionError("the result of the template is null, which is not a valid result")
    return result


def _dynamic(arguments: Arguments) -> Type:
    return DYNAMIC


def _templatefile(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    path, marks = unmarked(arguments[0])
    variables, inner = unmarked_deep(arguments[1])
    marks |= inner
    if not (path.is_known and variables.is_known):
        return with_marks(unknown_from(DYNAMIC, path, variables), marks)
    located = place_in_tree(as_text(path), environment)
    if located is None:
        return with_marks(_outside(DYNAMIC, arguments[0], environment), marks)
    text = _decoded(_read(arguments[0], located, environment), arguments[0])
    return with_marks(_rendered(located, text, variables, environment), marks)


def _templatestring(arguments: Arguments, kind: Type, environment: Environment) -> Value:
    name = "<templatestring argument>"
    bare = environment._replace(files=_NoFiles())
    try:
        return convert(_rendered(name, as_text(arguments[0]), arguments[1], bare), STRING)
    except ConversionError as error:
        raise FunctionError(f"invalid template result: {error}") from None


_PATH: Final = Parameter("path", STRING, marked=True, unknown=True)
_VARIABLES: Final = Parameter("vars", marked=True, unknown=True)
FUNCTIONS: Final[Mapping[str, Function]] = {
    "file": _with_content(_decoded),
    "filebase64": _with_content(lambda data, path: encode_base64(data)),
    "filebase64sha256": _with_content(lambda data, path: DIGESTS["base64sha256"](data)),
    "filebase64sha512": _with_content(lambda data, path: DIGESTS["base64sha512"](data)),
    "fileexists": Function((_PATH,), BOOL, _fileexists),
    "filemd5": _with_content(lambda data, path: DIGESTS["md5"](data)),
    "fileset": Function((_PATH, Parameter("pattern", STRING, marked=True, unknown=True)), set_of(STRING), _fileset),
    "filesha1": _with_content(lambda data, path: DIGESTS["sha1"](data)),
    "filesha256": _with_content(lambda data, path: DIGESTS["sha256"](data)),
    "filesha512": _with_content(lambda data, path: DIGESTS["sha512"](data)),
    "templatefile": Function((_PATH, _VARIABLES), _dynamic, _templatefile, never_null=False),
    "templatestring": Function((Parameter("template", STRING), Parameter("vars")), STRING, _templatestring),
}

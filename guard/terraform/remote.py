"""Lazy values that stay in the process which evaluated them: another process asks that one for what it needs.

Most of what a configuration says is asked for by nobody, and evaluating all of it in order to send it would take longer
than everything else that a process does.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import signal
import struct
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import methodcaller
from typing import Any, Final, overload

from guard.model.command import LostError
from guard.model.node import Node, is_sequence

_LENGTH: Final = struct.Struct("<Q")
_WHOLE: Final = (tuple, list, str, bytes)
_DONE: Final = "done"
_REDUCED: Final = methodcaller("__reduce_ex__", pickle.HIGHEST_PROTOCOL)
_ITEM, _ALL, _CALL = "item", "all", "call"
_MAPPING, _SEQUENCE, _CALLABLE = "mapping", "sequence", "callable"


class Keeper:
    """What a process keeps for another, which knows each thing by its number; `serve` answers its questions."""

    def __init__(self, questions: int, answers: int) -> None:
        self._questions = questions
        self._answers = answers
        self._things: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._reducers = _Reducers(self._reference)

    def packed(self, thing: object) -> bytes:
        """Return a thing as it is sent, all of it but what is lazy. Raises what pickle raises."""
        text = io.BytesIO()
        pickler = pickle.Pickler(text, -1)
        pickler.dispatch_table = self._reducers
        pickler.dump(thing)
        return text.getvalue()

    def serve(self, results: Sequence[bytes]) -> None:
        """Send what was packed, then answer questions until nobody is there to ask any.

        Raises what pickle raises, and OSError where nobody listens.
        """
        for text in (*results, self.packed(_DONE)):
            _write(self._answers, text)
        while question := _read(self._questions):
            number, operation, asked = pickle.loads(question)  # noqa: S301  from the process that this one is a copy of
            _write(self._answers, self.packed(_answer(self._things[number], operation, asked)))

    def _reference(self, sort: str, thing: Any) -> tuple[object, tuple[object, ...]]:
        """Return how a lazy thing is sent: sort, number, the names in it, and what is likely to be asked of it."""
        number = self._numbers.get(id(thing))
        if number is None:
            number = self._numbers[id(thing)] = len(self._things)
            self._things.append(thing)
        # Most of what is asked of a mapping it does not have: its names go with it.
        names = tuple(thing) if sort == _MAPPING else ()
        likely = {name: whole(thing[name]) for name in getattr(thing, "LIKELY", ()) if name in names}
        return kept, (sort, number, names, likely)


class _Reducers(dict[type, Callable[[Any], Any]]):
    """How things are taken apart to be sent, by their types; a dictionary, because that is asked for every thing."""

    def __init__(self, reference: Callable[[str, Any], Any]) -> None:
        super().__init__(copyreg.dispatch_table)
        self._reference = reference

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        sort = _sort(kind)
        self[kind] = _REDUCED if sort is None else partial(self._reference, sort)
        return self[kind]


def kept(sort: str, number: int, names: tuple[str, ...], likely: dict[str, Any]) -> Any:
    """Stand for what is kept on its way; the other side puts its own in the place of this."""
    raise LookupError(number)


class Connection:
    """The way to a process that keeps things; when nothing refers to it any longer, that process is ended."""

    def __init__(self, process: int, questions: int, answers: int) -> None:
        self._questions = questions
        self._answers = answers
        self._things: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.close = weakref.finalize(self, _end, process, questions, answers)

    def results(self) -> Iterator[Any]:
        """Yield what the process packed. Raises LostError where it ended before it had sent everything."""
        while (found := self._receive()) != _DONE:
            yield found

    def _receive(self) -> Any:
        try:
            text = _read(self._answers)
        except OSError:
            text = b""
        if not text:
            raise LostError
        unpickler = _Unpickler(io.BytesIO(text))
        unpickler.thing = self._thing
        return unpickler.load()

    def ask(self, number: int, operation: str, asked: object) -> Any:
        """Return the answer to a question about what is kept. Raises LostError where the process has ended."""
        try:
            _write(self._questions, pickle.dumps((number, operation, asked), -1))
        except OSError:
            raise LostError from None
        return self._receive()

    def _thing(self, sort: str, number: int, names: tuple[str, ...], likely: dict[str, Any]) -> Any:
        found = self._things.get(number)
        if found is None:
            ask = partial(self.ask, number)
            found = _RemoteMapping(ask, names, likely) if sort == _MAPPING else _STUBS[sort](ask)
            self._things[number] = found
        return found


class _Unpickler(pickle.Unpickler):
    thing: Callable[[str, int, tuple[str, ...], dict[str, Any]], Any]

    def find_class(self, module: str, name: str) -> Any:
        return self.thing if (module, name) == (__name__, kept.__name__) else super().find_class(module, name)


_Ask = Callable[[str, object], Any]


class _RemoteMapping(Mapping[str, Any]):
    """A mapping that stands in another process; an item is fetched when it is asked for, all of them for a loop."""

    __slots__ = ("__weakref__", "_ask", "_found", "_names")

    def __init__(self, ask: _Ask, names: tuple[str, ...], likely: dict[str, Any]) -> None:
        self._ask = ask
        self._names = names
        self._found = likely

    def __getitem__(self, name: str) -> Any:
        found = self._found
        if name not in found and name in self._names:
            found[name] = self._ask(_ITEM, name)
        return found[name]

    def get(self, name: str, default: Any = None) -> Any:
        # Most names that are asked for are not there, and an error for each would take most of the time.
        return self[name] if name in self._names else default

    def __iter__(self) -> Iterator[str]:
        if len(self._found) < len(self._names):
            # What was found before stays what it is.
            self._found = {**self._ask(_ALL, None), **self._found}
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class _RemoteSequence(Sequence[Any]):
    """A sequence that stands in another process; fetched when it is asked for."""

    __slots__ = ("__weakref__", "_ask", "_found")

    def __init__(self, ask: _Ask) -> None:
        self._ask = ask
        self._found: tuple[Any, ...] | None = None

    @overload
    def __getitem__(self, position: int) -> Any: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Any]: ...
    def __getitem__(self, position: int | slice) -> Any:
        return self._all()[position]

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> tuple[Any, ...]:
        if self._found is None:
            self._found = self._ask(_ALL, None)
        return self._found


class _RemoteCallable:
    """Something to call that stands in another process."""

    __slots__ = ("__weakref__", "_ask")

    def __init__(self, ask: _Ask) -> None:
        self._ask = ask

    def __call__(self, *arguments: object) -> Any:
        return self._ask(_CALL, arguments)


_STUBS: Final[Mapping[str, Callable[[_Ask], Any]]] = {_SEQUENCE: _RemoteSequence, _CALLABLE: _RemoteCallable}


def _sort(kind: type) -> str | None:
    """Return as what a thing of this type is kept, None where it is sent."""
    if issubclass(kind, Mapping) and kind is not dict:
        return _MAPPING
    if issubclass(kind, Sequence) and not issubclass(kind, _WHOLE):
        return _SEQUENCE
    return _CALLABLE if kind is partial else None


def _answer(thing: Any, operation: str, asked: Any) -> Any:
    if operation == _CALL:
        return whole(thing(*asked))
    if operation == _ITEM:
        return whole(thing[asked])
    return _contents(thing)


def whole(thing: Any) -> Any:
    """Return a node with all that is below it, so that nothing of it needs to be asked for; all else as it is."""
    if isinstance(thing, Node) and (isinstance(thing.value, Mapping) or is_sequence(thing.value)):
        return Node(_contents(thing.value), thing.location, thing.key, thing.trail, thing.sensitive)
    return thing


def _contents(thing: Mapping[str, Any] | Sequence[Any]) -> Any:
    if isinstance(thing, Mapping):
        return {name: whole(one) for name, one in thing.items()}
    return tuple(whole(one) for one in thing)


def _read(pipe: int) -> bytes:
    """Return what was written as one, nothing where the pipe has ended."""
    header = _exactly(pipe, _LENGTH.size)
    if not header:
        return b""
    (length,) = _LENGTH.unpack(header)
    return _exactly(pipe, length)


def _exactly(pipe: int, count: int) -> bytes:
    parts = []
    while count and (part := os.read(pipe, min(count, 1 << 20))):
        parts.append(part)
        count -= len(part)
    return b"" if count else b"".join(parts)


def _write(pipe: int, text: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(text)) + text)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _end(process: int, questions: int, answers: int) -> None:
    os.close(questions)
    os.close(answers)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(process, 0)

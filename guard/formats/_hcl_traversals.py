"""What follows a value in HCL: attributes, indices and splats, each step with its own place."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from guard.formats import hcl_syntax as syntax
from guard.formats._hcl_cursor import MAX_CHAIN, Cursor, joined
from guard.formats._hcl_tokens import IDENTIFIER, NUMBER, REFERENCE, HclError
from guard.formats.hcl_syntax import Expression
from guard.model.location import Span

WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_span = tuple.__new__


class Traversals(Cursor):
    """Reads references step by step; an index holds an expression."""

    __slots__ = ()

    def expression(self) -> Expression:
        """Read one expression."""
        raise NotImplementedError

    def reference(self, start: int) -> Expression:
        """Read names joined by dots."""
        first, *names = self.texts[start].split(".")
        # Any complaint has the whole file read anew, each name for itself, and nobody sees this one.
        if first == "for" or len(names) >= MAX_CHAIN:
            raise self.complaint("this is not read the quick way")
        self.at += 1
        line, column = self.lines[start], self.columns[start]
        end = column + len(first)
        span = _span(Span, (line, column, line, end))
        source = syntax.Literal(WORDS[first], span) if first in WORDS else syntax.Variable(first, span)
        return self.followed(source, names, line, end)

    def followed(self, source: Expression, names: Iterable[str], line: int, end: int) -> Expression:
        """Return `source` with names after it, each after a dot; the first dot stands at `end`."""
        top, left = source.span[:2]
        for name in names:
            end += 1 + len(name)
            source = syntax.GetAttribute(source, name, _span(Span, (top, left, line, end)))
        return source

    def traversal(self, source: Expression, steps: int = 0) -> Expression:
        """Read the `.name`, `[key]` and splats that follow `source`, which has some `steps` already."""
        kinds = self.kinds
        while steps < MAX_CHAIN:
            kind = kinds[self.at]
            steps += 1
            if kind == "." and kinds[self.at + 1] == IDENTIFIER:
                source = self.named(source)
            elif kind == ".":
                steps += self.texts[self.at + 1].count(".") if kinds[self.at + 1] == REFERENCE else 0
                source = self.dotted(source)
            elif kind != "[":
                return source
            elif kinds[self.at + 1] == "*":
                source = self.full_splat(source)
            else:
                source = self.index(source)
        raise self.complaint(f"nested too deeply: more than {MAX_CHAIN} steps of a reference")

    def named(self, source: Expression) -> Expression:
        """Read a dot and the name after it, the most frequent step by far."""
        at = self.at + 1
        self.at += 2
        text, start, line = self.texts[at], source.span, self.lines[at]
        span = _span(Span, (start[0], start[1], line, self.columns[at] + len(text)))
        return syntax.GetAttribute(source, text, span)

    def dotted(self, source: Expression) -> Expression:
        self.at += 1
        at = self.at
        if self.kinds[at] == REFERENCE:
            self.at += 1
            return self.followed(source, self.texts[at].split("."), self.lines[at], self.columns[at] - 1)
        if self.kinds[at] == "*":
            return self.attribute_splat(source)
        return self.step(source)

    def step(self, source: Expression) -> Expression:
        """Read what stands after a dot: a name, or a number as the legacy form of an index."""
        at = self.at
        kind, text = self.kinds[at], self.texts[at]
        if kind == IDENTIFIER:
            self.at -= 1
            return self.named(source)
        if kind == NUMBER:
            if not text.isdigit():
                raise self.complaint("two legacy indexes in a row are not allowed; write them as [0][1]")
            self.at += 1
            number = self.span(at)
            return syntax.Index(source, syntax.Literal(Decimal(text), number), joined(source.span, number))
        if kind == "*":
            raise self.complaint('a splat within a ".*" splat is not allowed; write [*]')
        raise HclError(f"a name must follow the dot, but this is {self.described()}", self.span(at - 1))

    def attribute_splat(self, source: Expression) -> Expression:
        self.at += 1
        each: Expression = syntax.SplatItem(self.span(self.at - 1))
        for _ in range(MAX_CHAIN):
            if self.kinds[self.at] != ".":
                return syntax.Splat(source, each, False, joined(source.span, self.span(self.at - 1)))
            self.at += 1
            each = self.step(each)
        raise self.complaint(f"nested too deeply: more than {MAX_CHAIN} steps of a reference")

    def full_splat(self, source: Expression) -> Expression:
        self.deepen()
        self.at += 2
        if self.kinds[self.at] != "]":
            raise self.complaint(f'"]" must follow the star of a splat, but this is {self.described()}')
        self.at += 1
        each = self.traversal(syntax.SplatItem(self.span(self.at - 2)))
        self.depth -= 1
        return syntax.Splat(source, each, True, joined(source.span, self.span(self.at - 1)))

    def index(self, source: Expression) -> Expression:
        start = self.at
        self.at += 1
        key = self.expression()
        if self.kinds[self.at] != "]":
            raise self.complaint(f'"]" must follow an index, but this is {self.described()}', self.span(start))
        self.at += 1
        return syntax.Index(source, key, joined(source.span, self.span(self.at - 1)))

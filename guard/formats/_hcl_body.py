"""HCL bodies: attributes and blocks from tokens; what is broken is reported and the rest is still read."""

from __future__ import annotations

import re

from guard.formats._hcl_expressions import Parser
from guard.formats._hcl_template import unescaped
from guard.formats._hcl_tokens import (
    DIRECTIVE,
    END,
    END_SEQUENCE,
    IDENTIFIER,
    INTERPOLATION,
    NEWLINE,
    QUOTE,
    STRING,
    HclError,
    tokenise,
)
from guard.formats.hcl_syntax import Attribute, Block, Body
from guard.model.location import Span

_OPENING, _CLOSING = frozenset(("{", INTERPOLATION, DIRECTIVE)), frozenset(("}", END_SEQUENCE))
_LABELS = frozenset((STRING, QUOTE, IDENTIFIER, "{"))
_MAX_RESUMPTIONS = 20
_BLOCK_AT_LINE_START = re.compile(r'^[A-Za-z_][\w-]*+(?:[ \t]++"[^"\n]*+")*+[ \t]*+\{', re.MULTILINE)


def read(text: str, at: int) -> tuple[Body, list[HclError]]:
    """Return the body of a whole file that begins at offset `at`, and what is wrong with it.

    Where something is left open up to the end of the file, reading resumes at the next block that begins a line. Most
    files have no mistakes and are read the quick way; only the other one places mistakes exactly.
    """
    reader = Reader(text, at, 1, joined=True)
    found = reader.file()
    if not reader.complaints:
        return _from_the_top(found), []
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    complaints: list[HclError] = []
    line = 1
    for remaining in range(_MAX_RESUMPTIONS, -1, -1):
        reader = Reader(text, at, line)
        found = reader.file()
        complaints += reader.complaints
        resume = _next_block(text, at, line, reader.lost_line) if reader.lost_line and remaining else None
        if resume is not None:
            found = Reader(text[:resume], at, line).file()
        for name, attribute in found.attributes.items():
            attributes.setdefault(name, attribute)
        blocks += found.blocks
        if resume is None:
            break
        line += text.count("\n", at, resume)
        at = resume
    return _from_the_top(Body(attributes, tuple(blocks), found.span)), complaints


def _from_the_top(body: Body) -> Body:
    return Body(body.attributes, body.blocks, Span(1, 1, body.span.end_line, body.span.end_column))


def _next_block(text: str, at: int, line: int, after: int) -> int | None:
    """Return the offset of the next block that begins a line below line `after`; `at` is on `line`."""
    for _ in range(after - line + 1):
        at = text.find("\n", at) + 1
        if at == 0:
            return None
    match = _BLOCK_AT_LINE_START.search(text, at)
    return match.start() if match else None


class Reader(Parser):
    """Reads bodies; `complaints` are what is wrong, and `lost_line` is where what runs up to the file's end begins."""

    __slots__ = ("complaints", "lost_line")

    def __init__(self, text: str, at: int, line: int, joined: bool = False) -> None:
        tokens = tokenise(text, at, line, joined=joined)
        super().__init__(tokens)
        self.complaints: list[HclError] = tokens.complaints
        self.lost_line = 0

    def file(self) -> Body:
        """Return the body up to the end of the text."""
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while self.kinds[self.at] != END:
            start, before = self.at, len(self.complaints)
            self.items(attributes, blocks, single=True)
            if self.kinds[self.at] == END and len(self.complaints) > before and not self.lost_line:
                self.lost_line = self.lines[start]
        return Body(attributes, tuple(blocks), self.since(0) if self.at else Span(1, 1, 1, 1))

    def items(self, attributes: dict[str, Attribute], blocks: list[Block], single: bool = False) -> None:
        """Read items up to the body's end, or only one; a broken one is reported and skipped."""
        while self.kinds[self.at] != END:
            kind = self.kinds[self.at]
            if kind == NEWLINE:
                self.at += 1
            elif kind == "}" and not single:
                return
            else:
                self.guarded(attributes, blocks)
            if single:
                return

    def guarded(self, attributes: dict[str, Attribute], blocks: list[Block]) -> None:
        start, depth = self.at, self.depth
        try:
            self.item(attributes, blocks)
        except HclError as complaint:
            self.complaints.append(complaint)
            self.depth = depth
            self.recover(start)

    def recover(self, start: int) -> None:
        """Go to the end of the item that begins at `start` and is broken where the parser stands."""
        failed, level, kinds = self.at, 0, self.kinds
        at = start
        while kinds[at] != END:
            kind = kinds[at]
            if kind in _OPENING:
                level += 1
            elif kind in _CLOSING:
                if level == 0 and kind == "}" and at > start:
                    break
                level = max(0, level - 1)
            elif kind == NEWLINE and level == 0 and at >= failed:
                break
            at += 1
        self.at = at

    def item(self, attributes: dict[str, Attribute], blocks: list[Block]) -> None:
        at = self.at
        if self.kinds[at] != IDENTIFIER:
            raise self.complaint(self.no_item())
        follows = self.kinds[at + 1]
        if follows == "=":
            attribute = self.attribute()
            self.add(attribute, attributes)
            self.end_of_line("an argument", attribute.name)
        elif follows in _LABELS:
            blocks.append(self.block())
        else:
            self.at += 1
            found = self.described()
            self.at = at
            name = self.texts[at]
            raise self.complaint(f'"{name}" must be followed by "=" and a value, or by labels and "{{"; found {found}')

    def no_item(self) -> str:
        kind = self.kinds[self.at]
        if kind == "}":
            return 'this "}" closes nothing; remove it, or look for a "{" that is missing above'
        if kind in (STRING, QUOTE):
            return "the name of an argument is written without quotes"
        if kind == "{" and self.at == 0:
            return "a name is expected here, not an object; a configuration in JSON belongs in a file named .tf.json"
        return f'an argument ("name = value") or a block is expected here, but this is {self.described()}'

    def add(self, attribute: Attribute, attributes: dict[str, Attribute]) -> None:
        first = attributes.setdefault(attribute.name, attribute)
        if first is not attribute:
            message = f'"{attribute.name}" is already set on line {first.name_span.line}; keep one of the two'
            self.complaints.append(HclError(message, attribute.name_span, first.name_span))

    def attribute(self) -> Attribute:
        start = self.at
        self.at += 2
        expression = self.expression()
        return Attribute(self.texts[start], expression, self.span(start), self.since(start))

    def end_of_line(self, what: str, name: str) -> None:
        kind = self.kinds[self.at]
        if kind == NEWLINE:
            self.at += 1
        elif kind == ",":
            raise self.complaint(f'{what} ends with its line, not with a comma; remove the comma after "{name}"')
        elif kind != END:
            raise self.complaint(f'{what} must end with its line, but after "{name}" follows {self.described()}')

    def block(self) -> Block:
        start = self.at
        self.at += 1
        labels: list[str] = []
        spans: list[Span] = []
        while self.kinds[self.at] != "{":
            span = self.span(self.at)
            labels.append(self.label(span))
            spans.append(span)
            self.at += 1
        header = self.since(start)
        body = self.block_body()
        name = self.texts[start]
        block = Block(name, tuple(labels), tuple(spans), body, self.span(start), header, self.since(start))
        if self.kinds[self.at] not in (NEWLINE, END, "}"):
            self.complaints.append(
                self.complaint(f'a block must end with its line, but after "}}" follows {self.described()}')
            )
            self.recover(self.at)
        elif self.kinds[self.at] == NEWLINE:
            self.at += 1
        return block

    def label(self, span: Span) -> str:
        kind, text = self.kinds[self.at], self.texts[self.at]
        if kind == IDENTIFIER:
            return text
        if kind == STRING:
            return unescaped(text[1:-1], span.line, span.column + 1)
        if kind == QUOTE:
            raise self.complaint("a block's label is plain text in quotes, without ${...} or %{...}")
        if kind == "=":
            raise self.complaint('"=" sets an argument and has no place in a block\'s header; remove it')
        if kind == NEWLINE:
            raise self.complaint("a block's header needs its { on the same line")
        raise self.complaint(f'a label in quotes or "{{" is expected here, but this is {self.described()}')

    def block_body(self) -> Body:
        start, complaints = self.at, len(self.complaints)
        self.deepen()
        self.at += 1
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        if self.kinds[self.at] in (NEWLINE, END, "}"):
            self.items(attributes, blocks)
        else:
            self.one_argument(attributes)
        if self.kinds[self.at] == END:
            self.never_closed(start, complaints)
        else:
            self.at += 1
        self.depth -= 1
        return Body(attributes, tuple(blocks), self.since(start))

    def one_argument(self, attributes: dict[str, Attribute]) -> None:
        """Read the one argument that a block on a single line may hold, up to its closing brace."""
        at = self.at
        if self.kinds[at] != IDENTIFIER:
            raise self.complaint(self.no_item())
        if self.kinds[at + 1] != "=":
            hint = "a block on one line can hold one argument only; write its content on lines of its own"
            raise self.complaint(hint if self.kinds[at + 1] in _LABELS else f'"=" must follow "{self.texts[at]}"')
        self.add(self.attribute(), attributes)
        kind = self.kinds[self.at]
        if kind == NEWLINE:
            raise self.complaint(
                'a block whose argument stands on the line of its "{" must also be closed on that line'
            )
        if kind != "}":
            message = f"a block on one line can hold one argument only, but after it follows {self.described()}"
            raise self.complaint(message + "; write each on a line of its own")

    def never_closed(self, start: int, complaints: int) -> None:
        """Report an open block, unless something within it was broken and may have taken the brace with it."""
        if len(self.complaints) == complaints:
            message = 'this block is never closed: a "}" is missing, here or in a block within it'
            self.complaints.append(HclError(message, self.span(start)))

"""HCL templates: quoted text and heredocs with escapes, indentation, strip markers and directives resolved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from guard.formats import hcl_syntax as syntax
from guard.formats._hcl_tokens import (
    BARE_TEXT,
    DIRECTIVE,
    END,
    END_HEREDOC,
    END_QUOTE,
    END_SEQUENCE,
    HEREDOC,
    IDENTIFIER,
    INTERPOLATION,
    SPACE,
    TEXT,
    HclError,
)
from guard.formats.hcl_syntax import Expression, Part
from guard.model.location import Span

if TYPE_CHECKING:
    from guard.formats._hcl_expressions import Parser

_BACKSLASH = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_DOUBLED = re.compile(r"(?<!\$)\$(\$++\{)|(?<!%)%(%++\{)")


@dataclass(slots=True)
class _Text:
    value: str
    span: Span


@dataclass(slots=True)
class _Word:
    """A directive: its keyword, for `if` its condition and for `for` its names and collection."""

    keyword: str
    span: Span
    condition: Expression | None = None
    loop: tuple[str | None, str, Expression] | None = None


_Piece: TypeAlias = "_Text | _Word | Expression"


@dataclass(slots=True)
class _Level:
    """A directive that is not closed yet, with the parts before and after its `else`."""

    word: _Word
    then: list[Part]
    otherwise: list[Part] | None = None

    @property
    def parts(self) -> list[Part]:
        return self.then if self.otherwise is None else self.otherwise


def unescaped(text: str, line: int, column: int) -> str:
    """Return what the text between quotes means, in Unicode's composed form, as Terraform keeps all text.

    Raises HclError for an escape that does not exist; `line` and `column` are where the text begins.
    """
    if "\\" in text:
        text = "".join(_pieces(text, line, column))
    elif "${" in text or "%{" in text:
        text = _undoubled(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _undoubled(text: str) -> str:
    return _DOUBLED.sub(lambda match: match[1] or match[2], text)


def _pieces(text: str, line: int, column: int) -> list[str]:
    pieces, end = [], 0
    for match in _BACKSLASH.finditer(text):
        pieces.append(_undoubled(text[end : match.start()]))
        end = match.end()
        code = match[1] or match[2]
        character = _character(code) if code else _SIMPLE.get(match[3])
        if character is None:
            start = column + match.start()
            message = f"{match[0]!a} is no escape; for a backslash write \\\\, for a code point \\u and four digits"
            raise HclError(message, Span(line, start, line, column + end))
        pieces.append(character)
    pieces.append(_undoubled(text[end:]))
    return pieces


def _character(code: str) -> str | None:
    number = int(code, 16)
    if number > 0x10FFFF:
        return None
    return "\N{REPLACEMENT CHARACTER}" if 0xD800 <= number <= 0xDFFF else chr(number)


def template(parser: Parser) -> Expression:
    """Read a quoted text or heredoc: a Literal where nothing is interpolated, else a Template."""
    start = parser.at
    heredoc = parser.kinds[start] == HEREDOC
    closer = END_HEREDOC if heredoc else END_QUOTE
    parser.deepen()
    parser.deepen()
    parser.at += 1
    pieces = _read(parser, closer, start)
    parser.at += 1
    parser.depth -= 2
    span = parser.since(start)
    if heredoc and parser.texts[start].startswith("<<-"):
        _unindent(pieces)
    return _finished(pieces, span, parser.span(parser.at - 1))


def whole(parser: Parser) -> Expression:
    """Read a template file up to its end."""
    pieces = _read(parser, END, 0)
    last = parser.span(parser.at)
    return _finished(pieces, Span(parser.lines[0], parser.columns[0], last.line, last.column), last)


def _finished(pieces: list[_Piece], span: Span, end: Span) -> Expression:
    if all(isinstance(piece, _Text) for piece in pieces):
        return syntax.Literal("".join(piece.value for piece in pieces if isinstance(piece, _Text)), span)
    return syntax.Template(tuple(_nested(pieces, end)), span)


def _read(parser: Parser, closer: str, start: int) -> list[_Piece]:
    pieces: list[_Piece] = []
    strip_next = False
    while True:
        kind = parser.kinds[parser.at]
        if kind in (TEXT, BARE_TEXT):
            piece = _text(parser, kind)
            if strip_next:
                piece.value = piece.value.lstrip(SPACE)
            strip_next = False
            pieces.append(piece)
        elif kind in (INTERPOLATION, DIRECTIVE):
            _strip_before(parser, pieces)
            pieces.append(_sequence(parser, kind, start))
            strip_next = parser.texts[parser.at - 1] == "~}"
        elif kind == closer:
            return pieces
        else:
            raise _unterminated(parser, start)


def _unterminated(parser: Parser, start: int) -> HclError:
    marker = parser.texts[start].strip().lstrip("<-")
    what = "this text is never closed; write the closing quote"
    if parser.kinds[start] == HEREDOC:
        what = f"the heredoc is never closed; write {marker} alone on a line, with a line end after it"
    return parser.complaint(what, parser.span(start))


def _text(parser: Parser, kind: str) -> _Text:
    at = parser.at
    text, line, column = parser.texts[at], parser.lines[at], parser.columns[at]
    parser.at += 1
    end = Span(line, column, line + 1, 1) if text[-1] == "\n" else Span(line, column, line, column + len(text))
    if kind == TEXT:
        return _Text(unescaped(text, line, column), end)
    text = _undoubled(text)
    return _Text(text if text.isascii() else unicodedata.normalize("NFC", text), end)


def _strip_before(parser: Parser, pieces: list[_Piece]) -> None:
    if parser.texts[parser.at][-1] == "~" and pieces and isinstance(pieces[-1], _Text):
        pieces[-1].value = pieces[-1].value.rstrip(SPACE)


def _sequence(parser: Parser, kind: str, start: int) -> Expression | _Word:
    opening = parser.at
    parser.at += 1
    if kind == DIRECTIVE:
        word = _directive(parser, opening)
        _close(parser, opening, start, "directive")
        word.span = parser.since(opening)
        return word
    expression = parser.expression()
    _close(parser, opening, start, "interpolation")
    return expression


def _close(parser: Parser, opening: int, start: int, what: str) -> None:
    kind = parser.kinds[parser.at]
    if kind == END_SEQUENCE:
        parser.at += 1
        return
    if kind == END:
        first = parser.span(min(start + 1, parser.at))
        raise HclError(
            f'the {what} in this text is never closed; write "}}" where it ends', first, parser.span(opening)
        )
    literal = parser.texts[opening][0] + parser.texts[opening]
    message = (
        f'"}}" is expected at the end of the {what}, but this is {parser.described()}; for a literal write {literal}'
    )
    raise parser.complaint(message, parser.span(opening))


def _directive(parser: Parser, opening: int) -> _Word:
    at = parser.at
    keyword = parser.texts[at]
    if parser.kinds[at] != IDENTIFIER or keyword not in ("if", "else", "endif", "for", "endfor"):
        message = f"if, else, endif, for or endfor must follow %{{, but this is {parser.described()}"
        raise parser.complaint(message + "; for a literal write %%{")
    parser.at += 1
    word = _Word(keyword, parser.span(opening))
    if keyword == "if":
        word.condition = parser.expression()
    elif keyword == "for":
        word.loop = parser.loop("for")
    return word


def _unindent(pieces: list[_Piece]) -> None:
    """Take the smallest indentation off every line, as `<<-` asks.

    A line that begins with a sequence counts as not indented; one of blanks only does not count.
    """
    begins, smallest = True, None
    indented: list[_Text] = []
    for piece in pieces:
        if begins:
            begins = False
            blanks: int | None = 0
            if isinstance(piece, _Text):
                blanks = _indentation(piece.value)
                if blanks is not None:
                    indented.append(piece)
            if blanks is not None:
                smallest = blanks if smallest is None else min(smallest, blanks)
        if isinstance(piece, _Text) and piece.value.endswith("\n"):
            begins = True
    for text in indented:
        text.value = text.value[smallest:]


def _indentation(text: str) -> int | None:
    rest = text.lstrip(SPACE)
    return None if not rest and text.endswith("\n") else len(text) - len(rest)


def _nested(pieces: list[_Piece], end: Span) -> list[Part]:
    """Return the parts with directives closed and neighbouring texts melted together."""
    root: list[Part] = []
    levels: list[_Level] = []
    for piece in _melted(pieces):
        if not isinstance(piece, _Word):
            (levels[-1].parts if levels else root).append(piece)
        elif piece.keyword in ("if", "for"):
            levels.append(_Level(piece, []))
            _check_depth(levels, piece)
        else:
            _close_level(piece, levels, root)
    if levels:
        opened = levels[-1].word
        message = f'this text ends within its "{opened.keyword}" directive; write %{{ end{opened.keyword} }}'
        raise HclError(message, end, opened.span)
    return root


def _melted(pieces: list[_Piece]) -> Iterator[Expression | _Word]:
    """Yield the pieces with neighbouring texts as one. An empty one stays: it makes the whole a text."""
    texts: list[_Text] = []
    for piece in pieces:
        if isinstance(piece, _Text):
            texts.append(piece)
            continue
        if texts:
            yield _literal(texts)
            texts = []
        yield piece
    if texts:
        yield _literal(texts)


def _literal(texts: list[_Text]) -> syntax.Literal:
    first, last = texts[0].span, texts[-1].span
    span = Span(first.line, first.column, last.end_line, last.end_column)
    return syntax.Literal("".join(text.value for text in texts), span)


def _check_depth(levels: list[_Level], word: _Word) -> None:
    if len(levels) > 50:
        raise HclError("nested too deeply: more than 50 directives within each other", word.span)


def _close_level(word: _Word, levels: list[_Level], root: list[Part]) -> None:
    level = levels[-1] if levels else None
    if level and word.keyword == "else" and level.word.keyword == "if" and level.otherwise is None:
        level.otherwise = []
        return
    if level is None or word.keyword != f"end{level.word.keyword}":
        expected = f'"end{level.word.keyword}" is expected' if level else "no directive is open"
        start = level.word.span if level else None
        raise HclError(f'"{word.keyword}" does not belong here: {expected}', word.span, start)
    levels.pop()
    (levels[-1].parts if levels else root).append(_closed(level, word))


def _closed(level: _Level, word: _Word) -> Part:
    opening = level.word
    span = Span(opening.span.line, opening.span.column, word.span.end_line, word.span.end_column)
    if opening.condition is not None:
        return syntax.TemplateIf(opening.condition, tuple(level.then), tuple(level.otherwise or ()), span)
    assert opening.loop is not None
    key, value, collection = opening.loop
    return syntax.TemplateFor(key, value, collection, tuple(level.then), span)

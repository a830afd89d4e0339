"""Tokens of HCL native syntax, by the rules of Terraform's own scanner.

Written by hand and not with tree-sitter-hcl: that grammar accepts what Terraform refuses (two arguments on a line, a
line break before an operator) and its errors name other lines, while one regular expression is faster than it.
Line ends that mean nothing (in brackets, parentheses, interpolations and `for` objects) are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from guard.model.location import Span

IDENTIFIER, NUMBER, NEWLINE, STRING, QUOTE, END_QUOTE = (
    "identifier",
    "number",
    "newline",
    "string",
    "quote",
    "end quote",
)
HEREDOC, END_HEREDOC, TEXT, BARE_TEXT = "heredoc", "end heredoc", "text", "bare text"
INTERPOLATION, DIRECTIVE, END_SEQUENCE = "interpolation", "directive", "end of sequence"
INVALID, END = "invalid", "end"
REFERENCE = "reference"
"""Names joined by dots as one token (`var.a.b`), where that is asked for: it saves a fifth of all tokens."""

_NAME = r"[^\W\d][\w\-]*+"
_CODE = rf"""[ \t]*+(?:
    NAMES
    |((?:[ \t]*+(?:(?:\#|//)[^\n]*+)?+\r?+\n)++)
    |("(?:[^"\\$%\r\n\ud800-\udfff]++|\\[^\r\n\ud800-\udfff]|\$\$++\{{?+|%%++\{{?+|[$%](?!\{{))*+")
    |([0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)
    |(<<-?{_NAME}\r?\n)
    |(//[^\n]*+\Z|\#[^\n]*+\Z|/\*(?s:.)*?(?:\*/|\Z))
    |([{{(\[])
    |(~?\}}|[)\]])
    |(==|!=|<=|>=|=>|&&|\|\||\.\.\.|::|[=.,:?!+\-*/%<>])
    |(")
    |(\Z)
    |((?s:.))
    )"""
# The second group is that of REFERENCE; where names stay apart it matches nothing.
_PLAIN = re.compile(_CODE.replace("NAMES", f"({_NAME})|((?!))"), re.VERBOSE)
_JOINED = re.compile(_CODE.replace("NAMES", rf"({_NAME}(?!\.[^\W\d]))|({_NAME}(?:\.{_NAME})++)"), re.VERBOSE)
_KINDS = (
    *("", IDENTIFIER, REFERENCE, NEWLINE, STRING, NUMBER, HEREDOC),
    *("comment", "open", "close", "", QUOTE, END, INVALID),
)
_NEWLINE_GROUP, _OPENING_GROUP, _CLOSING_GROUP, _PLAIN_GROUPS = 3, 8, 9, frozenset((1, 2, 4, 5, 10))

_ESCAPES = r"\$\$++\{?+|%%++\{?+|[$%](?!\{)"
_QUOTED = re.compile(
    rf'((?:[^"\\$%\r\n\ud800-\udfff]++|\\[^\r\n\ud800-\udfff]|{_ESCAPES})++)|([$%]\{{~?)|(")|(\r?\n)|((?s:.))'
)
_BARE = re.compile(
    rf"((?:[^$%\n\ud800-\udfff]++|{_ESCAPES})*+\n|(?:[^$%\n\ud800-\udfff]++|{_ESCAPES})++)|([$%]\{{~?)|((?s:.))"
)
_MORE_OF_A_NAME = re.compile(r"[\w\-]*")
_OPENERS = {")": "(", "]": "["}
_PAIRS = {**_OPENERS, "}": "{"}
# What Go's unicode.IsSpace holds for space; Python's str.strip would take more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_SEQUENCE, _FOR = "${", "{for"
_MARKS = {
    "`": "a backtick has no meaning here; write a text of several lines as a heredoc (<<EOT)",
    "'": 'single quotes have no meaning here; write text in double quotes (")',
    ";": "a semicolon has no meaning here; write each argument on a line of its own",
    "&": 'the operator "&" does not exist; for a logical AND write &&',
    "|": 'the operator "|" does not exist; for a logical OR write ||',
    "^": 'the operator "^" does not exist; for a power write pow(a, b)',
    "\0": "a NUL byte has no meaning here; remove it",
}


class HclError(Exception):
    """Something is wrong at a place of the text; `start` is where the broken construct begins, where that helps."""

    def __init__(self, message: str, span: Span, start: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.start = start


@dataclass(slots=True)
class Tokens:
    """Parallel lists, one entry a token; the last is END. Positions are the beginnings."""

    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    complaints: list[HclError] = field(default_factory=list)

    def add(self, kind: str, text: str, line: int, column: int) -> None:
        """Append one token."""
        self.kinds.append(kind)
        self.texts.append(text)
        self.lines.append(line)
        self.columns.append(column)


@dataclass(slots=True)
class _Open:
    """A quoted text or heredoc that is not closed yet; a heredoc has a marker, a template file has neither."""

    marker: str = ""
    quoted: bool = False
    line_begins: bool = True


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int
    line: int
    line_start: int
    tokens: Tokens
    keeps_newlines: bool
    pattern: re.Pattern[str]
    brackets: list[str] = field(default_factory=list)
    templates: list[_Open] = field(default_factory=list)
    in_template: bool = False
    named: set[str] = field(default_factory=set)

    def run(self) -> None:
        size = len(self.text)
        while self.at < size:
            if self.in_template:
                self.template()
            else:
                self.code()
        self.tokens.add(END, "", self.line, self.at - self.line_start + 1)

    def code(self) -> None:
        """Read tokens until the text ends or a template takes over; the hot loop, so it works on locals."""
        tokens, keeps = self.tokens, self.keeps_newlines
        kind_of, add_kind, add_text = _KINDS, tokens.kinds.append, tokens.texts.append
        add_line, add_column = tokens.lines.append, tokens.columns.append
        line, line_start, brackets = self.line, self.line_start, self.brackets
        for match in self.pattern.finditer(self.text, self.at):
            group = match.lastindex or 0
            piece = match[group]
            if group in _PLAIN_GROUPS:
                add_kind(kind_of[group] or piece)
            elif group == _NEWLINE_GROUP:
                if not keeps:
                    line += piece.count("\n")
                    line_start = match.end()
                    continue
                add_kind(NEWLINE)
            elif group == _OPENING_GROUP:
                add_kind(piece)
                brackets.append(piece)
                keeps = self.keeps_newlines = piece == "{"
            elif group == _CLOSING_GROUP and brackets and brackets[-1] == _PAIRS.get(piece):
                add_kind(piece)
                brackets.pop()
                keeps = self.keeps_newlines = not brackets or brackets[-1] == "{"
            else:
                self.at, self.line, self.line_start = match.end(), line, line_start
                if self.special(kind_of[group], piece, match.start(group)):
                    return
                line, line_start, keeps = self.line, self.line_start, self.keeps_newlines
                continue
            add_text(piece)
            add_line(line)
            add_column(match.start(group) - line_start + 1)
            if group == _NEWLINE_GROUP:
                line += piece.count("\n")
                line_start = match.end()
            elif piece == "for" and self.opens_for(match.end()):
                keeps = False
        self.at, self.line, self.line_start = len(self.text), line, line_start

    def special(self, kind: str, piece: str, start: int) -> bool:
        """Handle a token that changes the state; True where another loop must go on."""
        column = start - self.line_start + 1
        if kind == "close":
            return self.close(piece, column)
        if kind == INVALID:
            return self.invalid(piece, column)
        if kind in (QUOTE, HEREDOC):
            self.tokens.add(kind, piece, self.line, column)
            self.open_template(kind, piece)
            return True
        if kind == "comment":
            self.comment(piece, start, column)
        return False

    def push(self, bracket: str) -> None:
        self.brackets.append(bracket)
        self.keeps_newlines = bracket == "{"

    def settle(self) -> None:
        top = self.brackets[-1] if self.brackets else "{"
        self.keeps_newlines = top == "{"

    def close(self, piece: str, column: int) -> bool:
        brackets = self.brackets
        if piece in _OPENERS:
            if brackets and brackets[-1] == _OPENERS[piece]:
                brackets.pop()
                self.settle()
            self.tokens.add(piece, piece, self.line, column)
            return False
        while brackets and brackets[-1] in "([":
            brackets.pop()
        opener = brackets.pop() if brackets else ""
        self.settle()
        if opener == _SEQUENCE:
            self.tokens.add(END_SEQUENCE, piece, self.line, column)
            self.in_template = True
            return True
        if piece == "~}":
            self.tokens.add(INVALID, "~", self.line, column)
            column += 1
        self.tokens.add("}", "}", self.line, column)
        return False

    def comment(self, piece: str, start: int, column: int) -> None:
        if piece[:2] == "/*" and (len(piece) < 4 or piece[-2:] != "*/"):
            here = Span(self.line, column, self.line, column + 2)
            self.tokens.complaints.append(HclError("this comment is never closed; write */ where it ends", here))
        breaks = piece.count("\n")
        if breaks:
            self.line += breaks
            self.line_start = start + piece.rfind("\n") + 1

    def opens_for(self, end: int) -> bool:
        """Tell whether the `for` just read begins an object's `for` expression, in which line ends mean nothing."""
        kinds, texts = self.tokens.kinds, self.tokens.texts
        index = len(kinds) - 2
        if index >= 0 and kinds[index] == NEWLINE:
            index -= 1
        if index < 0 or kinds[index] != "{" or not self.brackets:
            return False
        before, name = (kinds[index - 1], texts[index - 1]) if index else ("", "")
        names_a_block = before == STRING or (before == IDENTIFIER and name not in ("in", "if"))
        if names_a_block or self.text[end : end + 40].lstrip()[:1] == "=":
            return False
        if kinds[-2] == NEWLINE:
            for column in (kinds, texts, self.tokens.lines, self.tokens.columns):
                del column[-2]
        self.brackets[-1] = _FOR
        self.keeps_newlines = False
        return True

    def open_template(self, kind: str, piece: str) -> None:
        if kind == QUOTE:
            self.templates.append(_Open(quoted=True))
        else:
            self.templates.append(_Open(marker=piece.removeprefix("<<").removeprefix("-").rstrip("\r\n")))
            self.line += 1
            self.line_start = self.at
        self.in_template = True

    def invalid(self, piece: str, column: int) -> bool:
        """Report a character that is no token; a combining mark goes on with the name before it."""
        tokens = self.tokens
        if tokens.kinds and tokens.kinds[-1] == IDENTIFIER and ("a" + piece).isidentifier():
            last_end = tokens.columns[-1] + len(tokens.texts[-1])
            if tokens.lines[-1] == self.line and last_end == column:
                more = _MORE_OF_A_NAME.match(self.text, self.at)
                rest = more[0] if more else ""
                tokens.texts[-1] += piece + rest
                self.at += len(rest)
                return True
        tokens.add(INVALID, piece, self.line, column)
        self.complain_of(piece, column)
        return False

    def complain_of(self, piece: str, column: int) -> None:
        """Report a character, once for each kind of mistake."""
        coding = "\ud800" <= piece <= "\udfff"
        kind = piece if piece in _MARKS else ("coding" if coding else "character")
        if kind in self.named:
            return
        self.named.add(kind)
        message = (
            _MARKS.get(piece) or f"the character {piece!a} has no meaning here; remove it or write it within quotes"
        )
        if coding:
            message = "the file is not UTF-8; save it in that encoding"
        self.tokens.complaints.append(HclError(message, Span(self.line, column, self.line, column + 1)))

    def template(self) -> None:
        """Read the pieces of a quoted text, heredoc or template file up to its end or the next sequence."""
        current = self.templates[-1]
        if current.quoted:
            self.quoted()
            return
        for match in _BARE.finditer(self.text, self.at):
            piece, start = match[0], self.at
            self.at = match.end()
            if match.lastindex == 2:
                self.sequence(piece, start)
                return
            if match.lastindex == 3:
                self.complain_of(piece, start - self.line_start + 1)
            elif self.bare(current, piece, start):
                return

    def bare(self, current: _Open, piece: str, start: int) -> bool:
        """Add one line, or a piece of one; True where it was the heredoc's end marker."""
        column = start - self.line_start + 1
        if piece[-1] != "\n":
            self.tokens.add(BARE_TEXT, piece, self.line, column)
            current.line_begins = False
            return False
        if current.line_begins and current.marker and piece.strip(SPACE) == current.marker:
            self.tokens.add(END_HEREDOC, piece.rstrip("\r\n"), self.line, column)
            self.templates.pop()
            self.in_template = False
            self.at = start + len(piece.rstrip("\r\n"))
            return True
        self.tokens.add(BARE_TEXT, piece, self.line, column)
        current.line_begins = True
        self.line += 1
        self.line_start = self.at
        return False

    def quoted(self) -> None:
        for match in _QUOTED.finditer(self.text, self.at):
            piece, start, group = match[0], self.at, match.lastindex
            column = start - self.line_start + 1
            self.at = match.end()
            if group == 2:
                self.sequence(piece, start)
                return
            if group == 1:
                self.tokens.add(TEXT, piece, self.line, column)
                continue
            if group == 5:
                self.complain_of(piece, column)
                continue
            if group == 4:
                self.at = start
                message = 'a quoted text may not go over several lines; close it with " or write a heredoc (<<EOT)'
                self.tokens.complaints.append(HclError(message, Span(self.line, column, self.line, column + 1)))
            self.tokens.add(END_QUOTE, piece if group == 3 else "", self.line, column)
            self.templates.pop()
            self.in_template = False
            return

    def sequence(self, piece: str, start: int) -> None:
        kind = INTERPOLATION if piece[0] == "$" else DIRECTIVE
        self.tokens.add(kind, piece, self.line, start - self.line_start + 1)
        self.push(_SEQUENCE)
        self.in_template = False


def tokenise(
    text: str, at: int = 0, line: int = 1, column: int = 1, mode: str = "body", joined: bool = False
) -> Tokens:
    """Return the tokens of `text` from offset `at`, which stands at `line` and `column`.

    `mode` is `body`, `expression` (line ends mean nothing) or `template` (text with sequences, as in a template file).
    With `joined`, names joined by dots are one REFERENCE each; that is for text without mistakes, whose tokens are
    then the same otherwise.
    """
    tokens = Tokens()
    scanner = _Scanner(text, at, line, at - column + 1, tokens, mode == "body", _JOINED if joined else _PLAIN)
    if mode == "expression":
        scanner.brackets.append("(")
    if mode == "template":
        scanner.templates.append(_Open())
        scanner.in_template = True
    scanner.run()
    return tokens

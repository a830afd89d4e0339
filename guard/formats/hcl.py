"""HCL native syntax (Terraform and OpenTofu configurations, variable files, templates) to a syntax tree."""

from __future__ import annotations

from guard.formats import _hcl_body, _hcl_template
from guard.formats._hcl_checks import checked
from guard.formats._hcl_expressions import Parser
from guard.formats._hcl_tokens import END, HclError, tokenise
from guard.formats.hcl_syntax import Expression
from guard.model.document import Document, Format
from guard.model.finding import Problem
from guard.model.location import FIRST_CHARACTER, Location, Span, Step

_MAX_PROBLEMS = 50


def parse(path: str, text: str) -> Document:
    """Return the file's Body as `syntax`, with a problem for each mistake at the line that Terraform names.

    What is not broken stays in the tree. A byte order mark at the beginning is skipped and counts no column.
    """
    body, complaints = _hcl_body.read(text, 1 if text.startswith("\ufeff") else 0)
    complaints += checked(path, body)
    if "\0" in text:
        # Bytes that are no text break every line; one message is enough.
        complaints = sorted(complaints, key=lambda complaint: complaint.span)[:1]
    return Document(path, text, problems=problems_of(path, complaints), syntax=body)


def parse_expression(
    path: str, text: str, start: Span | None = None, *, by_line: bool = False
) -> tuple[Expression | None, tuple[Problem, ...]]:
    """Return the one expression that `text` is; `start` is where it begins in `path`, by default at the top.

    With `by_line` the expression ends with its line, as in a file and at Terraform's prompt, unless a bracket is open.
    """
    line, column = (start or FIRST_CHARACTER)[:2]
    # A heredoc's end marker needs a line end after it, which the text of an expression alone does not have.
    tokens = tokenise(
        text + "\n" if "<<" in text else text, line=line, column=column, mode="body" if by_line else "expression"
    )
    parser = Parser(tokens)
    expression, complaints = None, tokens.complaints
    try:
        parser.skip_lines()
        expression = parser.expression()
        parser.skip_lines()
        if parser.kinds[parser.at] != END:
            raise parser.complaint(f"the expression ends here, but there follows {parser.described()}")
    except HclError as complaint:
        complaints.append(complaint)
    return (None if complaints else expression), problems_of(path, complaints)


def parse_template(path: str, text: str, start: Span | None = None) -> tuple[Expression | None, tuple[Problem, ...]]:
    """Return the template that `text` is, as `templatefile` reads it: without quotes and without backslash escapes."""
    line, column = (start or FIRST_CHARACTER)[:2]
    tokens = tokenise(text, line=line, column=column, mode="template")
    expression, complaints = None, tokens.complaints
    try:
        expression = _hcl_template.whole(Parser(tokens))
    except HclError as complaint:
        complaints.append(complaint)
    return (None if complaints else expression), problems_of(path, complaints)


def problems_of(path: str, complaints: list[HclError]) -> tuple[Problem, ...]:
    """Return the complaints as problems in the order of the text, one for each line, at most fifty."""
    ordered = sorted(complaints, key=lambda complaint: (complaint.span.line, complaint.span.column))
    seen: set[int] = set()
    problems: list[Problem] = []
    for complaint in ordered:
        if complaint.span.line not in seen and len(problems) < _MAX_PROBLEMS:
            seen.add(complaint.span.line)
            related = (Step("begins here", Location(path, complaint.start)),) if complaint.start else ()
            problems.append(Problem("syntax", complaint.message, Location(path, complaint.span), related=related))
    return tuple(problems)


FORMAT = Format("hcl", (".tf", ".tofu", ".tfvars", ".hcl"), parse)

"""HCL expressions: tokens in, syntax tree out, with Terraform's precedence, traversals and error positions."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from guard.formats import _hcl_template as _templates
from guard.formats import hcl_syntax as syntax
from guard.formats._hcl_cursor import MAX_CHAIN, MAX_DEPTH, joined
from guard.formats._hcl_tokens import (
    END,
    END_SEQUENCE,
    HEREDOC,
    IDENTIFIER,
    NEWLINE,
    NUMBER,
    QUOTE,
    REFERENCE,
    STRING,
    HclError,
)
from guard.formats._hcl_traversals import WORDS, Traversals
from guard.formats.hcl_syntax import Expression

# big.Float's exponent has 32 bits, so Terraform itself refuses what is beyond 10^646456993.
MAX_EXPONENT = 646456993
_LEVELS = (("||",), ("&&",), ("==", "!="), (">", ">=", "<", "<="), ("+", "-"), ("*", "/", "%"))
_PRIORITIES = {operator: level for level, operators in enumerate(_LEVELS, 1) for operator in operators}
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
# What ends an expression whatever stands before it, and what one may consist of alone.
_ENDS = frozenset((NEWLINE, ",", "]", ")", "}", END_SEQUENCE, ":"))
_ALONE = frozenset((IDENTIFIER, REFERENCE, STRING, NUMBER))


class Parser(Traversals):
    """Reads one construct with each method and raises HclError where it cannot."""

    __slots__ = ()

    def expression(self) -> Expression:
        """Read one expression."""
        kind = self.kinds[self.at]
        if kind in _ALONE and self.kinds[self.at + 1] in _ENDS and self.depth < MAX_DEPTH:
            return self.term(kind)
        self.deepen()
        result = self.operation(0)
        if self.kinds[self.at] == "?":
            result = self.conditional(result)
        self.depth -= 1
        return result

    def conditional(self, condition: Expression) -> Expression:
        branches: list[tuple[Expression, Expression]] = []
        result = condition
        while self.kinds[self.at] == "?":
            if len(branches) == MAX_CHAIN:
                raise self.complaint(f"nested too deeply: more than {MAX_CHAIN} conditions; use a map and lookup()")
            self.at += 1
            then = self.expression()
            if self.kinds[self.at] != ":":
                message = f'"a ? b : c" needs a colon and a value for the false case; found {self.described()}'
                raise self.complaint(message)
            self.at += 1
            branches.append((result, then))
            result = self.operation(0)
        for test, then in reversed(branches):
            result = syntax.Conditional(test, then, result, joined(test.span, result.span))
        return result

    def operation(self, level: int) -> Expression:
        """Read operands joined by operators that bind tighter than `level`."""
        left = self.operand()
        for _ in range(MAX_CHAIN):
            operator = self.kinds[self.at]
            priority = _PRIORITIES.get(operator, 0)
            if priority <= level:
                return left
            self.at += 1
            right = self.operation(priority)
            left = syntax.Binary(operator, left, right, joined(left.span, right.span))
        raise self.complaint(f"nested too deeply: more than {MAX_CHAIN} operators in a row; move parts into locals")

    def operand(self) -> Expression:
        kind = self.kinds[self.at]
        if kind == "-" or kind == "!":
            return self.unary()
        start = self.at
        result = self.term(kind)
        follows = self.kinds[self.at]
        if follows != "." and follows != "[":
            return result
        return self.traversal(result, self.texts[start].count(".") if kind == REFERENCE else 0)

    def unary(self) -> Expression:
        starts: list[int] = []
        while self.kinds[self.at] in ("-", "!"):
            if self.depth + len(starts) > MAX_DEPTH:
                raise self.complaint("nested too deeply: too many signs in a row")
            starts.append(self.at)
            self.at += 1
        result = self.operand()
        for start in reversed(starts):
            result = syntax.Unary(self.kinds[start], result, joined(self.span(start), result.span))
        return result

    def term(self, kind: str) -> Expression:
        start = self.at
        if kind == IDENTIFIER:
            return self.name(start)
        if kind == REFERENCE:
            return self.reference(start)
        if kind == STRING:
            self.at += 1
            span = self.span(start)
            return syntax.Literal(_templates.unescaped(self.texts[start][1:-1], span[0], span[1] + 1), span)
        if kind == NUMBER:
            self.at += 1
            return syntax.Literal(self.number(start), self.span(start))
        if kind in (QUOTE, HEREDOC):
            return _templates.template(self)
        if kind == "[":
            return self.sequence()
        if kind == "{":
            return self.mapping()
        if kind == "(":
            return self.parentheses()
        raise self.complaint(f"a value is expected here, but this is {self.described()}")

    def number(self, index: int) -> Decimal:
        """Return the number written at `index`, all its digits kept."""
        try:
            number = Decimal(self.texts[index])
        except InvalidOperation:
            number = None
        if number is None or abs(number.adjusted()) > MAX_EXPONENT:
            raise HclError("this number is too large or too small for Terraform", self.span(index))
        return number

    def name(self, start: int) -> Expression:
        self.at += 1
        follows = self.kinds[self.at]
        if follows == "(" or follows == "::":
            return self.call(start)
        text, span = self.texts[start], self.span(start)
        if text in WORDS:
            return syntax.Literal(WORDS[text], span)
        return syntax.Variable(text, span)

    def parentheses(self) -> Expression:
        start = self.at
        self.at += 1
        inner = self.expression()
        if self.kinds[self.at] != ")":
            raise self.complaint(f'a closing ")" is expected here, but this is {self.described()}', self.span(start))
        self.at += 1
        return syntax.Parentheses(inner, self.since(start))

    def call(self, start: int) -> Expression:
        name = self.texts[start]
        while self.kinds[self.at] == "::":
            self.at += 1
            if self.kinds[self.at] != IDENTIFIER:
                raise self.complaint(f'a function name must follow "::", but this is {self.described()}')
            name += "::" + self.texts[self.at]
            self.at += 1
        name_span = self.since(start)
        if self.kinds[self.at] != "(":
            raise self.complaint(f'"(" must follow the function name {name}, but this is {self.described()}')
        self.at += 1
        arguments: list[Expression] = []
        expand = False
        while self.kinds[self.at] != ")":
            arguments.append(self.expression())
            separator = self.kinds[self.at]
            if separator == "...":
                expand = True
                self.at += 1
                if self.kinds[self.at] != ")":
                    raise HclError('"..." belongs to the last argument; ")" must follow', self.span(self.at - 1))
            elif separator == ",":
                self.at += 1
            elif separator == END:
                raise HclError(f'the call of {name} is never closed; write ")" where it ends', name_span)
            elif separator != ")":
                message = f'a comma or ")" is expected between arguments of {name}, but this is {self.described()}'
                raise self.complaint(message)
        self.at += 1
        return syntax.Call(name, tuple(arguments), expand, self.since(start), name_span)

    def sequence(self) -> Expression:
        start = self.at
        self.at += 1
        if self.begins_for():
            return self.comprehension(start)
        items: list[Expression] = []
        while self.kinds[self.at] != "]":
            items.append(self.expression())
            separator = self.kinds[self.at]
            if separator == ",":
                self.at += 1
            elif separator == END:
                raise HclError('this list is never closed; write "]" where it ends', self.span(start))
            elif separator != "]":
                message = f'a comma or "]" is expected after an element of a list, but this is {self.described()}'
                raise self.complaint(message, self.span(start))
        self.at += 1
        return syntax.TupleConstructor(tuple(items), self.since(start))

    def begins_for(self) -> bool:
        return self.kinds[self.at] == IDENTIFIER and self.texts[self.at] == "for"

    def mapping(self) -> Expression:
        start, kinds = self.at, self.kinds
        self.at += 1
        while kinds[self.at] == NEWLINE:
            self.at += 1
        if self.begins_for():
            return self.comprehension(start)
        items: list[tuple[Expression, Expression]] = []
        while kinds[self.at] != "}":
            if kinds[self.at] == NEWLINE:
                self.at += 1
                continue
            key = self.key(start)
            self.at += 1
            items.append((key, self.expression()))
            separator = kinds[self.at]
            if separator == "," or separator == NEWLINE:
                self.at += 1
            elif separator != "}":
                raise self.unclosed(start, 'a comma, a line end or "}" is expected after an object\'s value')
        self.at += 1
        return syntax.ObjectConstructor(tuple(items), self.since(start))

    def unclosed(self, start: int, expected: str) -> HclError:
        if self.kinds[self.at] == END:
            return HclError('this object is never closed; write "}" where it ends', self.span(start))
        return self.complaint(f"{expected}, but this is {self.described()}")

    def key(self, start: int) -> Expression:
        """Read an object's key and leave the parser at its `=` or `:`."""
        at = self.at
        if self.kinds[at] == IDENTIFIER and self.kinds[at + 1] in ("=", ":"):
            self.at += 1
            return syntax.Literal(self.texts[at], self.span(at))
        key = self.expression()
        if self.kinds[self.at] not in ("=", ":"):
            raise self.unclosed(start, 'an object\'s key needs "=" and a value')
        return key

    def comprehension(self, start: int) -> Expression:
        """Read `for` and what follows up to the closing bracket; `start` is the opening one."""
        self.at += 1
        key, value, collection = self.loop("for")
        if self.kinds[self.at] != ":":
            raise self.complaint(f'a "for" expression needs ":" after its collection, but this is {self.described()}')
        self.at += 1
        result, result_key = self.expression(), None
        if self.kinds[self.at] == "=>":
            self.at += 1
            result_key, result = result, self.expression()
        ellipsis = self.at if self.kinds[self.at] == "..." else None
        if ellipsis is not None:
            self.at += 1
        condition = None
        if self.kinds[self.at] == IDENTIFIER and self.texts[self.at] == "if":
            self.at += 1
            condition = self.expression()
        closer = _CLOSERS[self.kinds[start]]
        if self.kinds[self.at] != closer:
            raise self.complaint(f'the "for" expression must end with "{closer}", but this is {self.described()}')
        self.at += 1
        return self.loop_result(start, (key, value, collection), (result_key, result), ellipsis, condition)

    def loop_result(
        self,
        start: int,
        source: tuple[str | None, str, Expression],
        made: tuple[Expression | None, Expression],
        ellipsis: int | None,
        condition: Expression | None,
    ) -> Expression:
        (key, value, collection), (result_key, result) = source, made
        if self.kinds[start] == "{":
            if result_key is None:
                raise HclError('a "for" that makes an object needs "key => value"', result.span)
            grouping = ellipsis is not None
            return syntax.ForObject(key, value, collection, result_key, result, grouping, condition, self.since(start))
        if result_key is not None:
            raise HclError('a "for" that makes a list takes no key; for an object write {for ...}', result_key.span)
        if ellipsis is not None:
            raise HclError('a "for" that makes a list takes no "..."; remove it', self.span(ellipsis))
        return syntax.ForTuple(key, value, collection, result, condition, self.since(start))

    def loop(self, word: str) -> tuple[str | None, str, Expression]:
        """Read `key, value in collection` of a `for`; the key is None where one name is written."""
        key, value = None, self.loop_name(f'a name must follow "{word}"')
        if self.kinds[self.at] == ",":
            self.at += 1
            key, value = value, self.loop_name("a second name must follow the comma")
        if self.kinds[self.at] != IDENTIFIER or self.texts[self.at] != "in":
            raise self.complaint(f'"in" must follow the names of a "{word}", but this is {self.described()}')
        self.at += 1
        return key, value, self.expression()

    def loop_name(self, message: str) -> str:
        if self.kinds[self.at] != IDENTIFIER:
            raise self.complaint(f"{message}, but this is {self.described()}")
        self.at += 1
        return self.texts[self.at - 1]

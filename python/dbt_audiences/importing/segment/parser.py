"""Tokens -> tree, by recursive descent; every refusal says where, what, and the nearest valid word.

query       := or
or          := and ("OR" and)*
and         := unary ("AND" unary)*
unary       := ("NOT" | "ANY" | "ALL") unary | comparison
comparison  := primary [symbol scalar]
primary     := "(" or ")" | literal | extractor call*
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn, TypeAlias

from dbt_audiences.core.definitions import Place
from dbt_audiences.importing.segment import calls
from dbt_audiences.importing.segment.tokens import QueryError, Token, closest, tokens_of
from dbt_audiences.importing.segment.tree import (
    COMPARISONS,
    EXPRESSIONS,
    SYMBOLS,
    And,
    Comparison,
    Expression,
    Extract,
    Literal,
    Not,
    Or,
    Quantified,
    Reduced,
    Scalar,
)

Found: TypeAlias = "Expression | Scalar"
_EXTRACTORS = ("event", "trait", "property", "context", "literal")
_JUNCTIONS = ("AND", "OR")
_DEEPEST = 60


def parse_query(query: str, file: str, *, line: int = 1) -> Expression | Reduced:
    """An expression (an audience), or a reduced event (a computed trait); raises `QueryError`."""
    tokens = tokens_of(query, file, line=line)
    if tokens[0].kind == "end":
        raise QueryError(tokens[0].place, "there is no query", "such as event('Order Completed').count() >= 1")
    found = Parser(tokens).whole()
    if isinstance(found, Extract | Literal):
        raise QueryError(
            found.place, "the query ends in a value, and compares it with nothing", "add a comparison, such as `= 5`",
            end=len(query),
        )  # fmt: skip
    return found


class Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        """The token that comes."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The token that comes, taken."""
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def sees(self, sign: str) -> bool:
        """Whether this sign comes."""
        return self.next.kind == "sign" and self.next.text == sign

    def sees_word(self, word: str) -> bool:
        """Whether this word comes, in any case."""
        return self.next.kind == "name" and self.next.text.upper() == word

    def accept(self, sign: str) -> bool:
        """Take this sign if it comes."""
        if self.sees(sign):
            self.take()
            return True
        return False

    def expect(self, sign: str, where: str) -> Token:
        """Take this sign, or refuse."""
        if not self.sees(sign):
            self.refuse(f"`{sign}` is missing {where}")
        return self.take()

    def refuse(self, message: str, hint: str | None = None, token: Token | None = None) -> NoReturn:
        """Raise at a token, by default the one that comes."""
        token = self.next if token is None else token
        if token is self.next and hint is None:
            hint = "the query ends here" if token.kind == "end" else f"`{token.text}` stands here"
        raise QueryError(token.place, message, hint, start=token.start, end=token.end)

    # --- expressions ---------------------------------------------------------------------------------------------------------

    def whole(self) -> Found:
        """The whole query."""
        found = self.expression()
        if self.next.kind != "end":
            word = self.next.text.upper() if self.next.kind == "name" else ""
            hint = None if word in ("", *_JUNCTIONS) else closest(word, _JUNCTIONS)
            self.refuse("the query goes on behind its end", hint)
        return found

    def expression(self) -> Found:
        """`or`."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.refuse(f"the query nests deeper than {_DEEPEST} levels", "take it apart into several audiences")
        found = self._joined("OR", lambda: self._joined("AND", self._unary, And), Or)
        self.depth -= 1
        return found

    def _joined(self, word: str, part: Callable[[], Found], make: type[And] | type[Or]) -> Found:
        first_token = self.next
        first = part()
        if not self.sees_word(word):
            return first
        children = [self._truth(first, first_token, word)]
        while self.sees_word(word):
            self.take()
            token = self.next
            children.append(self._truth(part(), token, word))
        flat: list[Expression] = []
        for child in children:
            flat += child.children if isinstance(child, And | Or) and isinstance(child, make) else (child,)
        return make(tuple(flat), place=first_token.place)

    def _unary(self) -> Found:
        token = self.next
        for word in ("NOT", "ANY", "ALL"):
            if self.sees_word(word):
                self.take()
                self.depth += 1
                if self.depth > _DEEPEST:
                    self.refuse(f"the query nests deeper than {_DEEPEST} levels", "take it apart into several audiences")
                inner = self.next
                child = self._truth(self._unary(), inner, word)
                self.depth -= 1
                if word == "NOT":
                    return Not(child, place=token.place)
                return Quantified("ANY" if word == "ANY" else "ALL", child, place=token.place)
        return self._comparison()

    def _comparison(self) -> Found:
        token = self.next
        left = self._primary()
        if self.next.kind != "sign" or self.next.text not in SYMBOLS:
            return left
        sign = self.take()
        if isinstance(left, EXPRESSIONS):
            self.refuse(f"`{sign.text}` compares a value, and left of it something is true or false", token=sign)
        if isinstance(left, Reduced) and left.reducer == "unique" and not left.counted:
            self.refuse("`unique(...)` gives a list", "count it: unique(...).count()", token)
        return Comparison(left, SYMBOLS[sign.text], (self.scalar(),), place=token.place)

    def _truth(self, found: Found, token: Token, word: str) -> Expression:
        if not isinstance(found, EXPRESSIONS):
            self.refuse(f"`{word}` joins conditions, and this is a value", "add a comparison, such as `>= 1`", token)
        return found

    def truth(self, what: str) -> Expression:
        """An expression inside of something that needs one."""
        token = self.next
        return self._truth(self.expression(), token, what)

    def scalar(self) -> Scalar:
        """A value on the right of a comparison, or an argument."""
        token = self.next
        found = self._primary()
        if isinstance(found, EXPRESSIONS):
            self.refuse("a value is needed here, and this is true or false", token=token)
        if isinstance(found, Reduced) and found.reducer == "unique" and not found.counted:
            self.refuse("`unique(...)` gives a list", "count it: unique(...).count()", token)
        return found

    # --- values --------------------------------------------------------------------------------------------------------------

    def _primary(self) -> Found:
        token = self.next
        if self.accept("("):
            inner = self.expression()
            self.expect(")", "at the end of what the `(` began")
            return self._compared(inner) if self.sees(".") else inner
        if token.kind in ("text", "number", "instant") or self.sees_word("TRUE") or self.sees_word("FALSE"):
            return self._compared(self.literal())
        if token.kind != "name":
            self.refuse("a condition is missing here")
        if token.text not in _EXTRACTORS:
            self._no_extractor(token)
        self.take()
        self.expect("(", f"behind `{token.text}`")
        if token.text == "literal":
            literal = self.literal()
            self.expect(")", "at the end of `literal(`")
            return self._compared(literal)
        if token.text == "event":
            name = self.text("the event's name", "event('Order Completed')")
            self.expect(")", "at the end of `event(`")
            return calls.reduced(self, name, token, self._compared)
        return self._compared(calls.extract(self, token))

    def _no_extractor(self, token: Token) -> NoReturn:
        if token.text == "entity":
            self.refuse("`entity(...)` belongs to linked audiences", "they read tables of the warehouse: say it in SQL", token)
        if token.text in calls.METHODS:
            self.refuse(f"`{token.text}` stands behind a dot", f"such as event('X').{token.text}(...)", token)
        self.refuse(f"`{token.text}` begins no condition", closest(token.text, _EXTRACTORS), token)

    def literal(self) -> Literal:
        """A text, number, date or time, true or false."""
        token = self.take()
        place: Place = token.place
        if token.kind == "text":
            return Literal(token.text, place=place)
        if token.kind == "number":
            return Literal(Decimal(token.text), place=place)
        if token.kind == "instant":
            return Literal(token.text, is_instant=True, place=place)
        if token.kind == "name" and token.text.lower() in ("true", "false"):
            return Literal(token.text.lower() == "true", place=place)
        if token.kind == "name" and token.text.lower() == "null":
            self.refuse("nothing compares with null", "write .absent() or .exists()", token)
        self.refuse("a literal is missing here", "a text in quotes, a number, a date, true or false", token)

    def text(self, what: str, hint: str) -> str:
        """A text in quotes."""
        if self.next.kind != "text":
            self.refuse(f"{what} must be a text in quotes", hint)
        return self.take().text

    def _compared(self, left: Found) -> Found:
        """`.function(...)` behind a value."""
        if not self.accept("."):
            return left
        token = self.take()
        if isinstance(left, EXPRESSIONS):
            self.refuse("nothing can follow what is true or false already", "join conditions with AND and OR", token)
        if token.kind != "name" or token.text not in COMPARISONS:
            known = (*COMPARISONS, *calls.METHODS) if isinstance(left, Reduced) else COMPARISONS
            self.refuse(f"`{token.text}` is no comparison", closest(token.text, known), token)
        found: Found = Comparison(left, token.text, calls.arguments(self, token), place=left.place)
        if self.sees("."):
            self.take()
            self.refuse("nothing can follow what is true or false already", "join conditions with AND and OR", self.next)
        return found

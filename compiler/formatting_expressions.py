"""Expressions for `formatting.py`, and the cursor over tokens and what is between them that all printing shares.

`a+b *(c)` -> `a + b * (c)`; a long one breaks in front of its loosest operators, a long list after its commas.
"""

from collections.abc import Sequence

from ..grammar.parser import Token, Tree
from .build_expression import Node, grammar_mismatch
from .comments import Gap, laid_out
from .layout import LINE, NONE, SOFT, SPACE, Document, Group, Indent, Parts
from .operators import PRECEDENCE


class TokenPrinter:
    """Takes the tokens one after the other, each with the comments before it; `at` is the next one."""

    def __init__(self, tokens: Sequence[Token], gaps: Sequence[Gap]) -> None:
        self.tokens, self.gaps = tokens, gaps
        self.at = 0
        self._spaced = False

    @property
    def next(self) -> str:
        """The text of the next token."""
        return str(self.tokens[self.at])

    def space(
        self, separator: Document, opening: bool = False, closing: bool = False, goes_on: bool = True
    ) -> tuple[Document, Document]:
        """What stands before the next token (`laid_out`); without a call of this there is nothing but comments."""
        self._spaced = True
        return laid_out(self.gaps[self.at], separator, opening, closing, goes_on)

    def take(self) -> Document:
        """The next token."""
        before = () if self._spaced else self.space(NONE)
        token = self.tokens[self.at]
        self.at += 1
        self._spaced = False
        return Parts(*before, " ".join(token.split()) if token.type == "TYPE" else str(token))


class ExpressionPrinter(TokenPrinter):
    """Prints expressions."""

    def expression(self, node: Node, alone: bool = False) -> Document:
        """An expression; `alone` between brackets, its further lines begin where the first one does."""
        if isinstance(node, Token):
            return self.take()
        match node.data, node.children:
            case "chain", parts:
                return self._chain(parts, alone)
            case "ternary" | "elvis", [condition, *branches]:
                return self._ternary(condition, branches, alone)
            case "call", [_, *arguments]:
                return Parts(self.take(), self.between(arguments))
            case "map", [_, *keys]:
                return Parts(self.take(), self.between(keys) if keys else NONE)
            case "group" | "tuple", items:
                return self.between(items)
            case "unary", [operator, operand]:
                sign = self.take()
                apart = SPACE if str(operator) in "+-" and self.next.startswith(str(operator)) else NONE
                return Parts(sign, *self.space(apart), self.expression(operand))
            case "step_before", [_, operand]:
                return Parts(self.take(), self.expression(operand))
            case "cast", [type, operand]:
                return Parts(self.take(), self.type(type), self.take(), self.expression(operand))
            case "dot", [operand, Token(type=kind)]:
                # `1.0` would be one number
                number = isinstance(operand, Token) and operand.type == "NUMBER" and kind == "POSITION"
                left = self.expression(operand)
                return Parts(left, *self.space(SPACE if number else NONE), self.take(), self.take())
            case "arrow", [operand, _, _]:
                return Parts(self.expression(operand), self.take(), self.take())
            case "index", [operand, index]:
                return Parts(self.expression(operand), self.between([index]))
            case "step_after", [operand, _]:
                return Parts(self.expression(operand), self.take())
            case "method", [operand, _, *arguments]:
                return Parts(self.expression(operand), self.take(), self.take(), self.between(arguments))
            case "strings", [_, *others]:
                first = self.take()
                rest = (part for _ in others for part in (*self.space(LINE), self.take()))
                return Group(first, Indent(*rest))
            case "sizeof", [operand]:
                return Parts(self.take(), self.between([operand]))
            case "offsetof", [type, Tree(children=path)]:
                head = Parts(self.take(), self.take(), self.type(type), self.take(), *self.space(SPACE))
                return Parts(head, *(self.take() for _ in range(2 * len(path))))
            case "type", _:
                return self.type(node)
        raise grammar_mismatch(node)

    def between(self, nodes: Sequence[Node]) -> Document:
        """A list and its brackets: in one line, or further to the right in lines of its own, as full as may be."""
        opener = self.take()
        items: list[Document] = []
        for node in nodes:
            start = self.space(LINE if items else SOFT)
            item = self.expression(node, alone=len(nodes) == 1)
            comma = self.take() if node is not nodes[-1] else NONE
            items.append(Group(*start, item, comma) if items else Parts(*start, item, comma))
        lead, separator = self.space(SOFT if nodes else NONE, closing=True)
        return Group(opener, Indent(*items, lead), separator, self.take())

    def type(self, node: Node) -> Document:
        """`struct task_struct *`, `char[16]`."""
        match node:
            case Tree(data="type", children=[_, *rest]):
                stars = sum(token == "*" for token in rest)
                words = self.take()
                pointers = (
                    part for star in range(stars) for part in (*self.space(NONE if star else SPACE), self.take())
                )
                printed = Parts(words, *pointers)
                return Parts(printed, self.take(), self.take(), self.take()) if rest[stars:] else printed
        raise grammar_mismatch(node)

    def _chain(self, parts: Sequence[Node], alone: bool = False) -> Document:
        """Operands and operators, of which those that bind loosest break first."""
        loosest = min(PRECEDENCE[str(operator)] for operator in parts[1::2])
        breaks = [place for place in range(1, len(parts), 2) if PRECEDENCE[str(parts[place])] == loosest]
        first = self.expression(parts[0]) if breaks[0] == 1 else self._chain(parts[: breaks[0]])
        rest: list[Document] = []
        for place, end in zip(breaks, [*breaks[1:], len(parts)], strict=True):
            rest += [*self.space(LINE), self.take(), *self.space(SPACE)]
            rest.append(self._chain(parts[place + 1 : end]) if end > place + 2 else self.expression(parts[place + 1]))
        return Group(first, Parts(*rest) if alone else Indent(*rest))

    def _ternary(self, condition: Node, branches: Sequence[Node], alone: bool) -> Document:
        parts = [self.expression(condition)]
        rest = [*self.space(LINE), self.take()]
        if len(branches) == 2:
            rest += [*self.space(SPACE), self.expression(branches[0]), *self.space(LINE)]
        rest += [self.take(), *self.space(SPACE), self.expression(branches[-1])]
        return Group(*parts, Parts(*rest) if alone else Indent(*rest))

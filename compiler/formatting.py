"""A script -> the same script in the one style of docs/scripts.md, comments included.

    kprobe:x/pid==1/{@.count( );}   ->   kprobe:x / pid == 1 / { @.count() }

The tree says how tokens belong together, the tokens what is written: nothing is decoded, nothing but `;` comes or goes.
What is in one line stays there as long as it fits; a block that has line ends gets a line for each statement.
"""

from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.parser import Token, Tree, comment_pattern, parse, parse_with_tokens
from ..grammar.source import Source
from .build_ast import build_ast
from .build_expression import Node, grammar_mismatch, span_of
from .comments import any_broken, gap
from .formatting_expressions import ExpressionPrinter
from .layout import HARD, LINE, NONE, SPACE, Document, Group, IfBroken, Indent, Line, Parts, write

WIDTH = 100


def formatted(source: Source) -> str:
    """The formatted text, with a line end at its end; raises CompileError where the script is none."""
    tree, tokens = parse_with_tokens(source)
    build_ast(source, tree)
    text = _printed(source, tree, tokens)
    if not _same(tree, parse(Source(source.name, text))):
        message = "formatting would change the meaning of this script, so it was left as it is"
        raise CompileError(Diagnostic("cannot-format", message, help="this is a fault of ply: please report it"))
    return text


def _printed(source: Source, tree: Tree[Token], tokens: Sequence[Token]) -> str:
    kept = [token for token in tokens if token.type != "SEMICOLON"]
    ends = [0, *(token.end_pos or 0 for token in kept)]
    starts = [*(token.start_pos or 0 for token in kept), len(source.text)]
    following = [*map(str, kept), ""]
    pattern = comment_pattern()
    gaps = [
        gap(source.text, end, start, pattern, text) for end, start, text in zip(ends, starts, following, strict=True)
    ]
    return write(_Printer(kept, gaps).program(tree), WIDTH)


def _same(one: Node, other: Node) -> bool:
    """Whether two trees are, but for blanks inside of types and for places."""
    todo = [(one, other)]
    while todo:
        first, second = todo.pop()
        match first, second:
            case Tree(data=kind, children=parts), Tree(data=also, children=others) if kind == also:
                if len(parts) != len(others):
                    return False
                todo += zip(parts, others, strict=True)
            case Token(type=kind), Token(type=also) if kind == also:
                if (first.split() if kind == "TYPE" else first) != (second.split() if kind == "TYPE" else second):
                    return False
            case _:
                return False
    return True


class _Printer(ExpressionPrinter):
    """Prints clauses, declarations and statements."""

    def program(self, tree: Tree[Token]) -> Document:
        """Each part on lines of its own."""
        parts = [
            Parts(*self.space(HARD, opening=not index), self._part(part)) for index, part in enumerate(tree.children)
        ]
        return Parts(*parts, *self.space(HARD, closing=True))

    def _part(self, node: Node) -> Document:
        match node:
            case Tree(data="clause", children=[Tree(data="probes", children=probes), *predicate, body]):
                names = self._probes(len(probes))
                conditions = [self._predicate(part.children[0]) for part in predicate if isinstance(part, Tree)]
                return Parts(names, *conditions, self._clause_body(body))
            case Tree(data="constant" | "map_size", children=[_, value]):
                words = Parts(self.take(), *self.space(SPACE), self.take(), *self.space(SPACE), self.take())
                return Parts(words, *self.space(SPACE), self.expression(value), ";")
            case Tree(data="option", children=[_, Tree(data="default", children=default), *told]):
                words = Parts(self.take(), *self.space(SPACE), self.take(), *self.space(SPACE), self.take())
                given = Parts(*self.space(SPACE), *(self.take() for _ in default))
                return Parts(words, given, *(Parts(*self.space(SPACE), self.take()) for _ in told), ";")
        raise grammar_mismatch(node)

    def _probes(self, count: int) -> Document:
        """In one line, or one a line if they were so."""
        commas = [self.at + 2 * index for index in range(1, count)]
        parts = [self.take()]
        for _ in range(1, count):
            parts += [self.take(), *self.space(LINE), self.take()]
        return Group(*parts, broken=any_broken([self.gaps[comma] for comma in commas]))

    def _predicate(self, node: Node) -> Document:
        lead, separator = self.space(LINE, goes_on=False)
        slash = self.take()
        inside = Parts(*self.space(SPACE), self.expression(node), *self.space(SPACE))
        return Group(lead, separator, slash, inside, self.take())

    def _clause_body(self, node: Node) -> Document:
        if isinstance(node, Tree) and node.data == "block":
            lead = Parts(*self.space(SPACE, goes_on=False))
            return Parts(lead, Group(self.block(node, self._line(node))))
        lead = Parts(*self.space(SPACE, goes_on=False))
        return Parts(lead, self.statement(node), ";" if _wants_end(node) else NONE)

    # Blocks and statements

    def block(self, node: Tree[Token], line: Line) -> Document:
        """A block in braces or angles; `line` is between its statements."""
        opener = self.take()
        inside: list[Document] = []
        for child in node.children:
            inside += [*self.space(line, opening=not inside), self.statement(child)]
            if _wants_end(child):
                inside.append(IfBroken(";") if child is node.children[-1] else ";")
        lead, separator = self.space(line, opening=not inside, closing=True)
        return Parts(opener, Indent(*inside, lead), separator, self.take())

    def statement(self, node: Node) -> Document:
        """A statement without its `;`."""
        match node:
            case Tree(data="if_" | "loop" | "inner"):
                return Group(self._compound(node, self._line(node)))
            case Tree(data="evaluate", children=[expression]):
                return self.expression(expression)
            case Tree(data="assign", children=[target, value]) | Tree(data="update", children=[target, _, value]):
                return self._assign(target, value)
            case Tree(data="delete", children=[target]):
                word = self.take()
                return Parts(word, *self.space(NONE if self.next == "(" else SPACE), self.expression(target))
            case Tree(data="let", children=parts):
                return self._let(parts)
            case Tree(data="jump"):
                return self.take()
        raise grammar_mismatch(node)

    def _assign(self, target: Node, value: Node) -> Document:
        left = self.expression(target)
        return Parts(left, *self.space(SPACE), self.take(), *self.space(SPACE), self.expression(value))

    def _let(self, parts: list[Node]) -> Document:
        """`let x = 1`, `let u32 *x`, `let x: u32 = 1`."""
        printed: list[Document] = [self.take()]
        for index, part in enumerate(parts):
            if self.next == ":":
                printed.append(self.take())
            elif self.next == "=":
                printed += [*self.space(SPACE), self.take()]
            starred = index > 0 and str(self.tokens[self.at - 1]) == "*"
            printed += [*self.space(NONE if starred else SPACE), self._declared(part)]
        return Parts(*printed)

    def _declared(self, node: Node) -> Document:
        return self.type(node) if isinstance(node, Tree) and node.data == "type" else self.expression(node)

    def _compound(self, node: Tree[Token], line: Line) -> Document:
        match node:
            case Tree(data="inner"):
                return self.block(node, line)
            case Tree(data="loop", children=[Tree() as head, body]):
                return Parts(self._loop_head(head), self._body(body, line))
            case Tree(data="if_", children=[condition, then, *otherwise]):
                word = Parts(self.take(), *self.space(SPACE), self.between([condition]), self._body(then, line))
                return Parts(word, self._else(then, otherwise[0], line)) if otherwise else word
        raise grammar_mismatch(node)

    def _else(self, then: Node, otherwise: Node, line: Line) -> Document:
        end = ";" if _wants_end(then) else NONE
        word = Parts(end, *self.space(SPACE if _is_block(then) else LINE, goes_on=False), self.take())
        if isinstance(otherwise, Tree) and otherwise.data == "if_":
            return Parts(word, *self.space(SPACE, goes_on=False), self._compound(otherwise, line))
        return Parts(word, self._body(otherwise, line))

    def _body(self, node: Node, line: Line) -> Document:
        """A block, or one statement further to the right."""
        if isinstance(node, Tree) and node.data == "block":
            return Parts(*self.space(SPACE, goes_on=False), self.block(node, line))
        return Indent(*self.space(line), self.statement(node))

    def _loop_head(self, head: Tree[Token]) -> Document:
        word = Parts(self.take(), *self.space(SPACE))
        match head.data, head.children:
            case "while_" | "unroll", [expression]:
                return Parts(word, self.between([expression]))
            case _, [Tree(data="variables", children=variables), *ends]:
                parts = [self.take()]
                for index, variable in enumerate(variables):
                    parts += [self.take(), *self.space(SPACE)] if index else [NONE]
                    parts.append(self.expression(variable))
                parts += [*self.space(SPACE), self.take(), *self.space(SPACE), self.expression(ends[0])]
                if len(ends) > 1:
                    parts += [self.take(), self.expression(ends[1])]
                return Parts(word, *parts, self.take())
        raise grammar_mismatch(head)

    def _line(self, node: Node) -> Line:
        """What is between the lines of a block or a compound statement, the next one: HARD where they are several."""
        last = self.at
        while last + 1 < len(self.tokens) and (self.tokens[last + 1].start_pos or 0) < span_of(node).end:
            last += 1
        return HARD if any_broken(self.gaps[self.at + 1 : last + 1]) else LINE


def _is_block(node: Node) -> bool:
    return isinstance(node, Tree) and node.data == "block"


def _wants_end(node: Node) -> bool:
    """Whether a `;` ends a statement: one without a block at its end."""
    match node:
        case Tree(data="if_" | "loop", children=[*_, last]):
            return _wants_end(last)
        case Tree(data="block" | "inner"):
            return False
    return True

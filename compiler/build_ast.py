"""Tree -> Program: frozen nodes with spans, literals decoded, both dialects as the same nodes.

`assign(map(@, NAME pid), call(count))` -> `Assign(MapRef("@", (Call("pid"),)), Call("count"))`

What a tree means is decided from here on: that only a map can be assigned, that `nil` deletes, what binds tighter.
"""

import re

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.parser import Token, Tree
from ..grammar.source import Source, Span
from .ast import (
    Assign,
    Call,
    Clause,
    Delete,
    Evaluate,
    Expression,
    If,
    IntLiteral,
    MapRef,
    Parameter,
    ProbeSpec,
    Program,
    Statement,
    Ternary,
    Unary,
)
from .escapes import character, string
from .literals import integer
from .nesting import check_nesting
from .operators import Operand, bind

Node = Tree[Token] | Token


def build_ast(source: Source, tree: Tree[Token]) -> Program:
    """The program for a tree of `grammar.parser.parse`; raises `CompileError` with all that is wrong."""
    check_nesting(source, tree)
    builder = _Builder(source)
    clauses = tuple(builder.clause(node) for node in tree.children)
    if builder.problems:
        raise CompileError(*builder.problems, source=source)
    return Program(source, clauses)


def _span(node: Node) -> Span:
    if isinstance(node, Token):
        return Span(node.start_pos or 0, node.end_pos or 0)
    return Span(node.meta.start_pos, node.meta.end_pos)


def _grammar_mismatch(node: Node) -> AssertionError:
    return AssertionError(f"ply.lark and build_ast.py disagree about {node!r:.80}")


class _Builder:
    """Builds nodes; a problem is noted and something harmless stands in, so that one run reports all problems."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []

    def clause(self, node: Node) -> Clause:
        match node:
            case Tree(data="clause", children=[Tree(data="probes", children=probes), *predicate, body]):
                condition = None
                if predicate and isinstance(predicate[0], Tree):
                    condition = self.expression(predicate[0].children[0])
                specs = tuple(self.probe(probe) for probe in probes)
                return Clause(_span(node), specs, condition, self.branch(body))
        raise _grammar_mismatch(node)

    def probe(self, node: Node) -> ProbeSpec:
        """`uprobe:"/a b/c":f` -> provider `uprobe`, target `/a b/c:f`."""
        provider, _, target = str(node).partition(":")
        target = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), target)
        return ProbeSpec(_span(node), provider, target)

    def branch(self, node: Node) -> tuple[Statement, ...]:
        """The statements of a block, or a statement that stands for one."""
        if isinstance(node, Tree) and node.data == "block":
            return tuple(self.statement(child) for child in node.children)
        return (self.statement(node),)

    def statement(self, node: Node) -> Statement:
        span = _span(node)
        match node:
            case Tree(data="evaluate", children=[Tree(data="method", children=[target, Token() as name, *arguments])]):
                update = Call(Span(_span(name).start, span.end), str(name), self.expressions(arguments))
                return Assign(span, self.map(target, f"take `.{name}()`"), update)
            case Tree(data="evaluate", children=[expression]):
                return Evaluate(span, self.expression(expression))
            case Tree(data="assign", children=[target, Token(type="NAME", value="nil")]):
                return Delete(span, self.map(target, "be assigned"))
            case Tree(data="assign", children=[target, value]):
                return Assign(span, self.map(target, "be assigned"), self.expression(value))
            case Tree(data="delete", children=[target]):
                return Delete(span, self.map(target, "be deleted"))
            case Tree(data="if_", children=[condition, then, *otherwise]):
                last = self.branch(otherwise[0]) if otherwise else ()
                return If(span, self.expression(condition), self.branch(then), last)
        raise _grammar_mismatch(node)

    def map(self, node: Node, action: str) -> MapRef:
        """The map that a statement works on."""
        match self.expression(node):
            case MapRef() as target:
                return target
            case Call(name=name, arguments=()):
                what, help = f"`{name}`", f"keep values in a map: `@{name}`"
            case Parameter(name=name):
                what, help = f"`${name}`", f"parameters are set on the command line; keep values in a map: `@{name}`"
            case _:
                what, help = "an expression", "write a map on the left: `@name` or `@name[key]`"
        self.problem("not-a-map", f"{what} cannot {action}, only a map can", _span(node), help)
        return MapRef(_span(node), "@")

    def expressions(self, nodes: list[Node]) -> tuple[Expression, ...]:
        return tuple(self.expression(node) for node in nodes)

    def expression(self, node: Node) -> Expression:
        span = _span(node)
        match node:
            case Token():
                return self.leaf(span, node)
            case Tree(data="call", children=[Token() as name, *arguments]):
                return _call(span, str(name), self.expressions(arguments))
            case Tree(data="map", children=[Token() as name, *keys]):
                return MapRef(span, str(name), self.expressions(keys))
            case Tree(data="group", children=[inner]):
                return self.expression(inner)
            case Tree(data="unary", children=[Token() as operator, operand]):
                if operator in ("+", "-") and self.source.text.startswith(operator * 2, span.start):
                    help = "to count events, write `@x.count()` or `@x = count()`"
                    place = Span(span.start, span.start + 2)
                    return self.problem("unsupported-operator", f"there is no `{operator * 2}`", place, help)
                return Unary(span, str(operator), self.expression(operand))
            case Tree(data="chain", children=parts):
                operands = [Operand(_span(part), self.expression(part)) for part in parts[::2]]
                return bind(operands, [str(operator) for operator in parts[1::2]])
            case Tree(data="ternary", children=[condition, then, otherwise]):
                return Ternary(span, self.expression(condition), self.expression(then), self.expression(otherwise))
            case Tree(data="elvis", children=[condition, otherwise]):
                return Ternary(span, self.expression(condition), None, self.expression(otherwise))
            case Tree(data="method", children=[_, Token() as name, *_]):
                help = "let it stand alone as a statement; to read the map, leave it out"
                return self.problem("update-as-value", f"`.{name}()` updates a map, it has no value", _span(name), help)
        raise _grammar_mismatch(node)

    def leaf(self, span: Span, token: Token) -> Expression:
        text = str(token)
        try:
            match token.type:
                case "NUMBER":
                    return integer(span, text)
                case "STRING":
                    return string(span, text)
                case "CHARACTER":
                    return character(span, text)
                case "PARAMETER":
                    return Parameter(span, text[1:])
                case "NAME" if text == "nil":
                    help = "it deletes an entry: `@x[key] = nil;`, and is no value"
                    return self.problem("misplaced-nil", "`nil` cannot stand here", span, help)
                case "NAME":
                    return _call(span, text, ())
        except CompileError as error:
            self.problems.extend(error.diagnostics)
            return IntLiteral(span, 0)
        raise _grammar_mismatch(token)

    def problem(self, code: str, message: str, span: Span, help: str) -> Expression:
        """Notes what is wrong; the literal stands in for the expression."""
        self.problems.append(Diagnostic(code, message, span, help))
        return IntLiteral(span, 0)


def _call(span: Span, name: str, arguments: tuple[Expression, ...]) -> Call:
    """A builtin by name; `arg2` is the older spelling's `arg(2)`."""
    if re.fullmatch("arg[0-9]", name) and not arguments:
        digit = Span(span.start + 3, span.start + 4)
        return Call(span, "arg", (IntLiteral(digit, int(name[3])),))
    return Call(span, name, arguments)

"""Tree -> Program: frozen nodes with spans, literals decoded, both dialects as the same nodes.

`assign(map(@, NAME pid), call(count))` -> `Assign(MapRef("@", (Call("pid"),)), Call("count"))`

What a tree means is decided from here on: what can be assigned, that `nil` deletes, what binds tighter.
"""

import re
from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.parser import Token, Tree
from ..grammar.source import Source, Span
from .ast import (
    Assign,
    Call,
    Clause,
    Constant,
    Declaration,
    Delete,
    Evaluate,
    ForMap,
    ForRange,
    If,
    IntLiteral,
    Jump,
    Let,
    MapDeclaration,
    MapRef,
    Member,
    OptionDeclaration,
    ProbeSpec,
    Program,
    Statement,
    StringLiteral,
    TupleLiteral,
    TypeName,
    Unroll,
    Variable,
    While,
)
from .build_expression import ARGUMENT, Expressions, Node, grammar_mismatch, span_of
from .nesting import check_nesting


def build_ast(source: Source, tree: Tree[Token]) -> Program:
    """The program for a tree of `grammar.parser.parse`; raises `CompileError` with all that is wrong."""
    check_nesting(source, tree)
    builder = _Builder(source)
    parts = [builder.part(node) for node in tree.children]
    clauses = tuple(part for part in parts if isinstance(part, Clause))
    if not clauses and not builder.problems:
        help = "add what to do with it: `kprobe:SyS_read { @.count() }`"
        builder.problem("empty-program", "the program has no probe", span_of(tree), help)
    if builder.problems:
        raise CompileError(*sorted(builder.problems, key=_place), source=source)
    return Program(source, clauses, tuple(part for part in parts if not isinstance(part, Clause)))


def probe_spec(text: str, span: Span) -> ProbeSpec:
    """`uprobe:"/a b/c":f` -> provider `uprobe`, target `/a b/c:f`."""
    provider, _, target = text.partition(":")
    target = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), target)
    return ProbeSpec(span, provider, target)


def _place(problem: Diagnostic) -> int:
    return problem.span.start if problem.span else 0


class _Builder(Expressions):
    """Builds clauses, declarations and statements."""

    def part(self, node: Node) -> Clause | Declaration:
        """A clause or a declaration."""
        match node:
            case Tree(data="clause", children=[Tree(data="probes", children=probes), *predicate, body]):
                condition = None
                if predicate and isinstance(predicate[0], Tree):
                    condition = self.expression(predicate[0].children[0])
                specs = tuple(map(self._probe, probes))
                return Clause(span_of(node), specs, condition, self._body(body))
            case Tree(data="constant", children=[Token() as name, value]):
                return Constant(span_of(node), self._name(name), self.expression(value))
            case Tree(data="map_size", children=[Token() as name, value]):
                return self._map_size(span_of(node), str(name), value)
            case Tree(data="option", children=[Token() as name, Tree() as default, *told]):
                return self._option(span_of(node), str(name), default, told)
        raise grammar_mismatch(node)

    def _probe(self, node: Node) -> ProbeSpec:
        return probe_spec(str(node), span_of(node))

    def _map_size(self, span: Span, name: str, value: Node) -> MapDeclaration:
        kind = self.expression(value)
        match kind:
            case Call(name=word, arguments=[size], bare=False):
                return MapDeclaration(span, name, word, size)
        help = f"write `let {name} = hash(100_000);`"
        self.problem("bad-declaration", "a map is declared by its kind and its size", span_of(value), help)
        return MapDeclaration(span, name, "hash", IntLiteral(span, 1))

    def _option(self, span: Span, name: str, default: Tree[Token], told: Sequence[Node]) -> OptionDeclaration:
        *sign, token = default.children
        value = self.expression(token)
        assert isinstance(value, IntLiteral | StringLiteral)
        if sign and isinstance(value, IntLiteral):
            if str(sign[0]) not in "+-":
                help = f"write `option {name} = {token};`"
                self.problem("bad-declaration", "the default of an option is a number", span_of(sign[0]), help)
            value = IntLiteral(span_of(default), -value.value if sign[0] == "-" else value.value, value.unit)
        described = self.expression(told[0]) if told else None
        text = described.value.decode("utf-8", "replace") if isinstance(described, StringLiteral) else ""
        return OptionDeclaration(span, name, value, " ".join(text.split()))

    def _body(self, node: Node) -> tuple[Statement, ...]:
        """The statements of a block, or a statement that stands for one."""
        if isinstance(node, Tree) and node.data == "block":
            return tuple(map(self._statement, node.children))
        return (self._statement(node),)

    def _statement(self, node: Node) -> Statement:
        span = span_of(node)
        match node:
            case Tree(data="evaluate", children=[expression]):
                return self._evaluate(span, expression)
            case Tree(data="assign", children=[target, Token(type="NAME", value="nil")]):
                return Delete(span, self.deletable(target, "be set to `nil`"))
            case Tree(data="assign", children=[target, value]):
                return self._assign(span, target, "=", value)
            case Tree(data="update", children=[target, Token() as operator, value]):
                return self._assign(span, target, str(operator), value)
            case Tree(data="delete", children=[target]):
                return Delete(span, self._deleted(target))
            case Tree(data="if_", children=[condition, then, *otherwise]):
                last = self._body(otherwise[0]) if otherwise else ()
                return If(span, self.expression(condition), self._body(then), last)
            case Tree(data="inner", children=statements):
                return If(span, IntLiteral(span, 1), tuple(map(self._statement, statements)))
            case Tree(data="loop", children=[Tree() as head, body]):
                return self._loop(span, head, self._body(body))
            case Tree(data="let", children=parts):
                return self._let(span, parts)
            case Tree(data="jump", children=[Token() as kind, *value]):
                return self._jump(span, kind, value)
            case Tree(data="map_size"):
                message, help = "a map is declared outside of clauses", "put it before the first clause"
                return Evaluate(span, self.problem("misplaced-declaration", message, span, help))
        raise grammar_mismatch(node)

    def _evaluate(self, span: Span, node: Node) -> Statement:
        match node:
            case Tree(data="method", children=[target, Token() as name, *arguments]):
                update = Call(Span(span_of(name).start, span.end), str(name), self.expressions(arguments))
                return Assign(span, self.map(target, f"take `.{name}()`"), update)
            case Tree(data="dot", children=[Tree(data="map"), Token(type="NAME") as name]):
                help = f"write `.{name}()`"
                self.problem("missing-parentheses", f"an update needs parentheses: `.{name}()`", span_of(name), help)
        return Evaluate(span, self.expression(node))

    def _deleted(self, node: Node) -> MapRef | Member:
        """`@m[k]`, and bpftrace's `(@m, k)`."""
        match node:
            case Tree(data="tuple", children=[whole, *rest]):
                entry, keys = self.map(whole, "lose a key"), self.expressions(rest)
                if entry.keys:
                    help = "put all keys into the brackets; several entries take a statement each"
                    self.problem("not-a-map", "an entry cannot lose a key, only a map can", entry.span, help)
                if len(keys) == 1 and isinstance(keys[0], TupleLiteral):
                    keys = keys[0].items
                return MapRef(span_of(node), entry.name, keys)
        return self.deletable(node, "be deleted")

    def _assign(self, span: Span, left: Node, operator: str, right: Node) -> Statement:
        target, value = self.target(left, "be assigned"), self.expression(right)
        return Evaluate(span, value) if target is None else Assign(span, target, value, operator)

    def _let(self, span: Span, children: list[Node]) -> Statement:
        match children:
            case [Tree(data="type", children=[word, *_]) as kind, variable, *value]:
                if isinstance(word, Token) and word.type == "NAME":
                    self._check_line(kind, variable)
                type: TypeName | None = self.type(kind)
            case [variable, Tree(data="type") as kind, *value]:
                type = self.type(kind)
            case [variable, *value]:
                type = None
        return Let(span, self._variable(variable), type, self.expression(value[0]) if value else None)

    def _jump(self, span: Span, kind: Token, value: list[Node]) -> Statement:
        if value and self._check_line(kind, value[0]):
            help = f"nothing takes a value from a clause: write `{kind};`"
            self.problem("jump-with-value", f"`{kind}` stands alone", span_of(value[0]), help)
        return Jump(span, str(kind))

    def _loop(self, span: Span, head: Tree[Token], body: tuple[Statement, ...]) -> Statement:
        match head.data, head.children:
            case "while_", [condition]:
                return While(span, self.expression(condition), body)
            case "unroll", [count]:
                return Unroll(span, self.expression(count), body)
            case "for_range", [Tree(children=[variable, *more]), low, high]:
                if more:
                    help = "write `for (i in low..high)`"
                    self.problem("bad-loop", "a range gives one number at a time", span_of(more[0]), help)
                return ForRange(span, self._variable(variable), self.expression(low), self.expression(high), body)
            case "for_map", [Tree(children=[key, *value]), of]:
                values = self._variable(value[0]) if value else None
                return ForMap(span, self._variable(key), values, self._looped(of), body)
        raise grammar_mismatch(head)

    def _looped(self, node: Node) -> MapRef:
        before = len(self.problems)
        match self.expression(node):
            case MapRef(keys=()) as whole:
                return whole
            case MapRef(name=name):
                what, help = "one entry of a map", f"write `for (key, value in {name})`"
            case _:
                what, help = "this", "write a map, `for (key, value in @m)`, or a range, `for (i in 0..10)`"
        if len(self.problems) == before:
            self.problem("bad-loop", f"a loop cannot go through {what}", span_of(node), help)
        return MapRef(span_of(node), "@")

    # Names that are given

    def _variable(self, node: Node) -> Variable:
        target = self.target(node, "be a variable")
        return target if isinstance(target, Variable) else Variable(span_of(node), str(node))

    def _name(self, token: Token) -> str:
        self.check_name(token)
        if ARGUMENT.fullmatch(token):
            message = f"`{token}` is an argument of the probe"
            self.problem("reserved-word", message, span_of(token), "choose another name")
        return str(token)

    def _check_line(self, before: Node, after: Node) -> bool:
        """`let x` (line end) `y = 3`: the `x` is no type, it lacks a `;`; false, then, with a problem."""
        between = Span(span_of(before).end, span_of(after).start)
        if "\n" not in self.source.cut(between):
            return True
        help = "statements are separated by `;`, also at the end of a line"
        place = Span(between.start, between.start)
        self.problem("missing-semicolon", "missing `;` after this statement", place, help)
        return False

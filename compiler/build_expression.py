"""Trees of expressions -> nodes: `chain(a + b * c)` -> `Binary("+", a, Binary("*", b, c))`, casts, members, targets.

A problem is noted and something harmless stands in for the expression, so that one run reports all problems.
"""

import re
from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.parser import Token, Tree, is_type
from ..grammar.source import Source, Span
from .ast import (
    Call,
    Cast,
    Expression,
    Index,
    IntLiteral,
    MapRef,
    Member,
    OffsetOf,
    Parameter,
    SizeOf,
    Step,
    StringLiteral,
    Target,
    Ternary,
    TupleLiteral,
    TypeName,
    Unary,
    Variable,
)
from .build_type import type_name
from .escapes import character, string
from .literals import integer
from .operators import Operand, bind

Node = Tree[Token] | Token

KEYWORDS = frozenset(
    {"break", "const", "continue", "delete", "else", "enum", "for", "if", "in", "let", "nil", "offsetof"}
    | {"return", "sizeof", "struct", "union", "unroll", "while"}
)
ARGUMENT = re.compile("arg[0-9]")


def span_of(node: Node) -> Span:
    """The place of a node in the text."""
    if isinstance(node, Token):
        return Span(node.start_pos or 0, node.end_pos or 0)
    return Span(node.meta.start_pos, node.meta.end_pos)


def grammar_mismatch(node: Node) -> AssertionError:
    """The error for a tree that ply.lark should not produce."""
    return AssertionError(f"ply.lark and build_ast.py disagree about {node!r:.80}")


class Expressions:
    """Builds expressions, and keeps what is wrong in `problems`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []

    def problem(self, code: str, message: str, span: Span, help: str) -> Expression:
        """Notes what is wrong; the literal stands in for the expression."""
        self.problems.append(Diagnostic(code, message, span, help))
        return IntLiteral(span, 0)

    def expressions(self, nodes: Sequence[Node]) -> tuple[Expression, ...]:
        """Several expressions, such as arguments and keys."""
        return tuple(map(self.expression, nodes))

    def expression(self, node: Node) -> Expression:
        """The expression for a tree, or for a token that is one."""
        if isinstance(node, Token):
            return self._leaf(node)
        span = span_of(node)
        match node.data, node.children:
            case "chain", parts:
                operands = [Operand(span_of(part), self.expression(part)) for part in parts[::2]]
                return bind(operands, [str(operator) for operator in parts[1::2]])
            case "call", [Token() as name, *arguments]:
                return self._call(span, name, self.expressions(arguments))
            case "map", [Token() as name, *keys]:
                return MapRef(span, str(name), self.expressions(keys))
            case "group", [inner]:
                return self.expression(inner)
            case "tuple", items:
                return TupleLiteral(span, self.expressions(items))
            case "unary", [Token() as operator, operand]:
                return Unary(span, str(operator), self.expression(operand))
            case "cast", [type, operand]:
                return Cast(span, self.type(type), self.expression(operand))
            case "dot", [operand, Token() as name]:
                return self._member(Member(span, self.expression(operand), str(name), arrow=False))
            case "arrow", [operand, _, Token() as name]:
                return self._member(Member(span, self.expression(operand), str(name), arrow=True))
            case "index", [operand, index]:
                return Index(span, self.expression(operand), self.expression(index))
            case "step_before", [Token() as operator, operand]:
                return self._step(span, operator, operand, prefix=True)
            case "step_after", [operand, Token() as operator]:
                return self._step(span, operator, operand, prefix=False)
            case "ternary", [condition, then, otherwise]:
                return Ternary(span, self.expression(condition), self.expression(then), self.expression(otherwise))
            case "elvis", [condition, otherwise]:
                return Ternary(span, self.expression(condition), None, self.expression(otherwise))
            case "strings", parts:
                literals = self.expressions(parts)
                return StringLiteral(span, b"".join(part.value for part in literals if isinstance(part, StringLiteral)))
            case "sizeof", [operand]:
                return self._size(span, operand)
            case "offsetof", [type, Tree(children=path)]:
                return OffsetOf(span, self.type(type), tuple(map(str, path)))
            case "method", [_, Token() as name, *_]:
                help = "let it stand alone as a statement; to read the map, leave it out"
                place = span_of(name)
                return self.problem("update-as-value", f"`.{name}()` updates a map, it has no value", place, help)
        raise grammar_mismatch(node)

    def _leaf(self, token: Token) -> Expression:
        span, text = span_of(token), str(token)
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
                case "NAME" if ARGUMENT.fullmatch(text):
                    return Call(span, "arg", (IntLiteral(Span(span.start + 3, span.end), int(text[3:])),))
                case "NAME":
                    self.check_name(token)
                    return Call(span, text, bare=True)
        except CompileError as error:
            self.problems.extend(error.diagnostics)
            return IntLiteral(span, 0)
        raise grammar_mismatch(token)

    def check_name(self, token: Token) -> None:
        """Notes a problem where a name is a word of the language."""
        name = str(token)
        if name in KEYWORDS:
            self.problem("reserved-word", f"`{name}` is a word of the language", span_of(token), "choose another name")
        elif is_type(name):
            help = f"a cast is `({name})value`, a variable of this type `let {name} x = value;`"
            self.problem("reserved-word", f"`{name}` is a type", span_of(token), help)

    def _call(self, span: Span, name: Token, arguments: tuple[Expression, ...]) -> Expression:
        self.check_name(name)
        if not arguments and ARGUMENT.fullmatch(name):
            return Call(span, "arg", (IntLiteral(Span(span.start + 3, span.start + 4), int(name[3:])),))
        if name == "trace":
            return self.problem("unknown-function", "there is no `trace`", span_of(name), "write `print(...)`")
        return Call(span, str(name), arguments)

    def _member(self, member: Member) -> Expression:
        match member.operand:
            case Call(name="this", bare=True):
                help = f"write `{member.name}`: a variable lives as long as its clause runs"
                return self.problem("foreign-variable", "there is no `this->`", member.span, help)
            case Call(name="self", bare=True) if not member.arrow:
                help = f"write `self->{member.name}`"
                return self.problem("foreign-variable", "`self` takes `->`", member.span, help)
        return member

    def _step(self, span: Span, operator: Token, operand: Node, prefix: bool) -> Expression:
        target = self.target(operand, f"take `{operator}`")
        return IntLiteral(span, 0) if target is None else Step(span, target, str(operator), prefix)

    def _size(self, span: Span, operand: Node) -> Expression:
        """`sizeof(dev_t)`: of a name alone, only the spelling tells that it is a type."""
        if isinstance(operand, Tree) and operand.data == "type":
            return SizeOf(span, self.type(operand))
        if isinstance(operand, Token) and operand.type == "NAME" and operand.endswith("_t"):
            return SizeOf(span, TypeName(span_of(operand), str(operand)))
        return SizeOf(span, self.expression(operand))

    def type(self, node: Node) -> TypeName:
        """The type for a tree of words, `*`, and a length."""
        match node:
            case Tree(data="type", children=[Token() as words, *rest]):
                span, length = span_of(node), None
                pointers = sum(token == "*" for token in rest)
                try:
                    if rest[pointers:]:
                        length = integer(span_of(rest[-1]), str(rest[-1])).value
                    return type_name(span, str(words), pointers, length)
                except CompileError as error:
                    self.problems.extend(error.diagnostics)
                    return TypeName(span, "int")
        raise grammar_mismatch(node)

    # What can be assigned

    def target(self, node: Node, action: str) -> Target | None:
        """What a statement assigns or steps; a problem, and None, where that cannot be."""
        before = len(self.problems)
        expression = self.expression(node)
        match expression:
            case MapRef():
                return expression
            case Call(span=span, name=name, bare=True):
                return Variable(span, name)
            case Parameter(span=span, name=name) if name != "target" and not name[0].isdigit() and name != "#":
                return Variable(span, f"${name}")
            case Member(operand=Call(name="self", bare=True)):
                return expression
        if len(self.problems) == before:
            what, help = self._refused(expression)
            self.problem("not-assignable", f"{what} cannot {action}", span_of(node), help)
        return None

    def _refused(self, expression: Expression) -> tuple[str, str]:
        """What an expression is that cannot be assigned, and what to do instead."""
        match expression:
            case Parameter(name=name):
                return f"`${name}`", "parameters are set on the command line; use a variable: `x = ...`"
            case Call(name="arg", span=span):
                return f"`{self.source.cut(span)}`", "it is an argument of the probe; use a variable: `x = ...`"
            case Call(name=name):
                return f"`{name}()`", f"a variable has no parentheses: `{name}`"
            case Index(operand=MapRef(name=name, keys=[_, *_])):
                return "an item of a map's entry", f"all keys go into one pair of brackets: `{name}[1, 2]`"
            case Index(operand=Call(name=name, bare=True)):
                return f"an item of `{name}`", f"keep values by key in a map: `@{name}[key]`"
            case Member() | Index() | Unary(operator="*"):
                return "memory", "programs only look at it; keep values in a map or a variable"
        return "an expression", "write a map or a variable on the left: `@name[key]`, `name`"

    def map(self, node: Node, action: str) -> MapRef:
        """The map that a statement works on."""
        target = self.deletable(node, action)
        if isinstance(target, Member):
            message, help = (
                f"`self->{target.name}` cannot {action}, only a map can",
                f"write `self->{target.name} = ...`",
            )
            self.problem("not-a-map", message, target.span, help)
            return MapRef(target.span, "@")
        return target

    def deletable(self, node: Node, action: str) -> MapRef | Member:
        """A map, an entry of one, or a thread's variable."""
        before = len(self.problems)
        match self.expression(node):
            case MapRef() as target:
                return target
            case Member(operand=Call(name="self", bare=True)) as own:
                return own
            case Call(name=name, bare=True):
                what, help = f"`{name}`", f"keep values in a map: `@{name}`"
            case Parameter(name=name):
                what, help = f"`${name}`", f"keep values in a map: `@{name}`"
            case _:
                what, help = "an expression", "write a map: `@name` or `@name[key]`"
        if len(self.problems) == before:
            self.problem("not-a-map", f"{what} cannot {action}, only a map can", span_of(node), help)
        return MapRef(span_of(node), "@")

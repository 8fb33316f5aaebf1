"""Nodes -> a program text that means them, with as few parentheses as C's rules allow."""

from plytrace.compiler.ast import (
    Assign,
    Binary,
    Call,
    Cast,
    Clause,
    Constant,
    Declaration,
    Delete,
    Evaluate,
    Expression,
    ForMap,
    ForRange,
    If,
    Index,
    IntLiteral,
    Jump,
    Let,
    MapDeclaration,
    MapRef,
    Member,
    OffsetOf,
    OptionDeclaration,
    Parameter,
    SizeOf,
    Statement,
    Step,
    StringLiteral,
    Target,
    Ternary,
    TupleLiteral,
    TypeName,
    Unary,
    Unroll,
    Variable,
    While,
)
from plytrace.compiler.operators import LEVELS, PRECEDENCE

UNARY = len(LEVELS)
POSTFIX = UNARY + 1
SUFFIXES = {"": "", "ns": "ns", "bytes": "B"}


def level(node: Expression) -> int:
    """How tightly a node holds together: above all operators 0, below none of them POSTFIX."""
    match node:
        case Ternary():
            return -1
        case Binary(operator=operator):
            return PRECEDENCE[operator]
        case Unary() | Cast() | Step(prefix=True):
            return UNARY
    return POSTFIX


def text(node: Expression, least: int = -1) -> str:
    return f"({plain(node)})" if level(node) < least else plain(node)


def listed(nodes: tuple[Expression, ...]) -> str:
    return ", ".join(map(text, nodes))


def plain(node: Expression) -> str:
    match node:
        case IntLiteral(value=value, unit=unit):
            return f"{value}{SUFFIXES[unit]}"
        case StringLiteral(value=value):
            return '"' + "".join(f"\\{byte:03o}" for byte in value) + '"'
        case Call(name=name, arguments=arguments, bare=bare):
            return name if bare else f"{name}({listed(arguments)})"
        case MapRef(name=name, keys=keys):
            return f"{name}[{listed(keys)}]" if keys else name
        case Parameter(name=name):
            return f"${name}"
        case Unary(operator=operator, operand=operand):
            return f"{operator} {text(operand, UNARY)}"
        case Binary(operator=operator, left=left, right=right):
            own = PRECEDENCE[operator]
            return f"{text(left, own)} {operator} {text(right, own + 1)}"
        case Ternary(condition=condition, then=None, otherwise=otherwise):
            return f"{text(condition, 0)} ?: {text(otherwise)}"
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"{text(condition, 0)} ? {text(then)} : {text(otherwise)}"
        case Cast(type=kind, operand=operand):
            return f"({type_text(kind)}){text(operand, UNARY)}"
        case Member(operand=IntLiteral() as operand, name=name, arrow=arrow):
            return f"({text(operand)}){'->' if arrow else '.'}{name}"
        case Member(operand=operand, name=name, arrow=arrow):
            return f"{text(operand, POSTFIX)}{'->' if arrow else '.'}{name}"
        case Index(operand=MapRef(name=name, keys=()), index=index):
            return f"({name})[{text(index)}]"
        case Index(operand=operand, index=index):
            return f"{text(operand, POSTFIX)}[{text(index)}]"
        case SizeOf(operand=TypeName() as kind):
            return f"sizeof({type_text(kind)})"
        case SizeOf(operand=operand):
            return f"sizeof({text(operand)})"
        case OffsetOf(type=kind, path=path):
            return f"offsetof({type_text(kind)}, {'.'.join(path)})"
        case TupleLiteral(items=items):
            return f"({listed(items)})"
        case Step(target=target, operator=operator, prefix=prefix):
            return f"{operator}{target_text(target)}" if prefix else f"{target_text(target)}{operator}"


def type_text(kind: TypeName) -> str:
    return f"{kind.name} {'*' * kind.pointers}" + (f"[{kind.length}]" if kind.length else "")


def target_text(target: Target) -> str:
    return target.name if isinstance(target, Variable) else text(target)


def block(statements: tuple[Statement, ...]) -> str:
    return "{ " + "".join(statement_text(statement) for statement in statements) + "} "


def statement_text(node: Statement) -> str:
    match node:
        case Evaluate(expression=Member(operand=MapRef()) as expression):
            return f"({text(expression)}); "
        case Evaluate(expression=expression):
            return f"{text(expression)}; "
        case Assign(target=MapRef() as target, value=Call(name="f", arguments=arguments, bare=False), operator="="):
            return f"{text(target)}.f({listed(arguments)}); "
        case Assign(target=target, value=value, operator=operator):
            return f"{target_text(target)} {operator} {text(value)}; "
        case Delete(target=target):
            return f"delete {text(target)}; "
        case If(condition=condition, then=then, otherwise=()):
            return f"if ({text(condition)}) {block(then)}"
        case If(condition=condition, then=then, otherwise=(If() as last,)):
            return f"if ({text(condition)}) {block(then)}else {statement_text(last)}"
        case If(condition=condition, then=then, otherwise=otherwise):
            return f"if ({text(condition)}) {block(then)}else {block(otherwise)}"
        case Let(variable=variable, type=kind, value=value):
            set_to = "" if value is None else f" = {text(value)}"
            if kind is None or kind.length:
                of = f": {type_text(kind)}" if kind else ""
                return f"let {variable.name}{of}{set_to}; "
            return f"let {type_text(kind)}{variable.name}{set_to}; "
        case Unroll(count=count, body=body):
            return f"unroll ({text(count)}) {block(body)}"
        case While(condition=condition, body=body):
            return f"while ({text(condition)}) {block(body)}"
        case ForRange(variable=variable, low=low, high=high, body=body):
            return f"for ({variable.name} in {text(low)}..{text(high)}) {block(body)}"
        case ForMap(key=key, value=None, map=of, body=body):
            return f"for ({key.name} in {text(of)}) {block(body)}"
        case ForMap(key=key, value=value, map=of, body=body):
            return f"for ({key.name}, {value.name} in {text(of)}) {block(body)}"
        case Jump(kind=kind):
            return f"{kind}; "


def clause_text(clause: Clause) -> str:
    probes = ", ".join(f"{probe.provider}{probe.target and ':'}{probe.target}" for probe in clause.probes)
    predicate = "" if clause.predicate is None else f"/ {text(clause.predicate)} / "
    return f"{probes} {predicate}{block(clause.body)}\n"


def declaration_text(declaration: Declaration) -> str:
    match declaration:
        case Constant(name=name, value=value):
            return f"const {name} = {text(value)};\n"
        case MapDeclaration(name=name, kind=kind, size=size):
            return f"let {name} = {kind}({text(size)});\n"
        case OptionDeclaration(name=name, default=default, help=help):
            return f"option {name} = {plain(default)}{help and f' {chr(34)}{help}{chr(34)}'};\n"

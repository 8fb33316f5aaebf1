"""Any program at all: strategies of hypothesis for nodes of the script's tree, which `unparse.py` writes down."""

from hypothesis import strategies as st
from plytrace.compiler.ast import (
    Assign,
    Binary,
    Call,
    Cast,
    Clause,
    Constant,
    Delete,
    Evaluate,
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
    ProbeSpec,
    SizeOf,
    Step,
    StringLiteral,
    Ternary,
    TupleLiteral,
    TypeName,
    Unary,
    Unroll,
    Variable,
    While,
)
from plytrace.compiler.operators import PRECEDENCE
from plytrace.grammar.source import Span

NOWHERE = Span(0, 0)


def node(kind: type, /, **parts: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.builds(kind, st.just(NOWHERE), **parts)


def tuples(items: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, min_size=least, max_size=3).map(tuple)


names = st.sampled_from(["x", "y", "pid", "count", "iffy", "u33", "internal", "format", "returns", "args"])
members = st.one_of(names, st.sampled_from(["in", "if", "u32", "delete", "struct"]))
map_names = st.sampled_from(["@", "@m", "@if", "@u32"])
types = st.one_of(
    st.builds(
        TypeName,
        st.just(NOWHERE),
        st.sampled_from(["u32", "unsigned long", "char", "struct task_struct", "enum e", "pid_t", "void"]),
        st.integers(0, 2),
        st.sampled_from([0, 0, 0, 16]),
    ),
    st.builds(TypeName, st.just(NOWHERE), st.sampled_from(["dentry", "x_t"]), st.integers(1, 2)),
)
variables = node(Variable, name=st.one_of(names, st.sampled_from(["$x", "$in"])))
own = st.builds(
    Member, st.just(NOWHERE), st.just(Call(NOWHERE, "self", bare=True)), members, arrow=st.just(True)
)  # fmt: skip
leaves = st.one_of(
    node(IntLiteral, value=st.integers(0, 2**64 - 1), unit=st.just("")),
    node(IntLiteral, value=st.integers(0, 2**64 - 1), unit=st.sampled_from(["ns", "bytes"])),
    node(StringLiteral, value=st.binary(max_size=4)),
    node(Call, name=names, bare=st.just(True)),
    node(Parameter, name=st.sampled_from(["1", "23", "#", "target", "x", "in"])),
    node(MapRef, name=map_names),
    node(SizeOf, operand=types),
    node(OffsetOf, type=types.filter(lambda kind: not kind.pointers), path=tuples(members, 1)),
    own,
)


def larger(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    maps = node(MapRef, name=map_names, keys=tuples(inner))
    return st.one_of(
        node(Call, name=names, arguments=tuples(inner)),
        maps,
        node(Unary, operator=st.sampled_from("-+!~*"), operand=inner),
        node(Binary, operator=st.sampled_from(sorted(PRECEDENCE)), left=inner, right=inner),
        node(Binary, operator=st.sampled_from(sorted(PRECEDENCE)), left=inner, right=inner),
        node(Ternary, condition=inner, then=st.one_of(st.none(), inner), otherwise=inner),
        node(Cast, type=types, operand=inner),
        node(Member, operand=inner, name=st.one_of(members, st.sampled_from("019")), arrow=st.just(False)),
        node(Member, operand=inner, name=members, arrow=st.just(True)),
        node(Index, operand=inner, index=inner),
        node(SizeOf, operand=inner),
        node(TupleLiteral, items=tuples(inner, 2)),
        node(
            Step,
            target=st.one_of(maps, variables, own),
            operator=st.sampled_from(["++", "--"]),
            prefix=st.booleans(),
        ),
    )


expressions = st.recursive(leaves, larger, max_leaves=8)
entries = node(MapRef, name=map_names, keys=tuples(leaves))
simple = st.one_of(
    node(Evaluate, expression=expressions),
    node(
        Assign,
        target=st.one_of(entries, variables, own),
        value=expressions,
        operator=st.sampled_from(["=", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="]),
    ),
    node(Assign, target=entries, value=node(Call, name=st.just("f"), arguments=tuples(leaves))),
    node(Delete, target=entries),
    node(Let, variable=variables, type=st.one_of(st.none(), types), value=st.one_of(st.none(), expressions)),
    node(Jump, kind=st.sampled_from(["break", "continue", "return"])),
)


def compound(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    body = tuples(inner)
    return st.one_of(
        node(If, condition=leaves, then=body, otherwise=body),
        node(Unroll, count=leaves, body=body),
        node(While, condition=leaves, body=body),
        node(ForRange, variable=variables, low=expressions, high=leaves, body=body),
        node(ForMap, key=variables, value=st.one_of(st.none(), variables), map=node(MapRef, name=map_names), body=body),
    )


bodies = tuples(st.recursive(simple, compound, max_leaves=4))
probes = st.sampled_from([("BEGIN", ""), ("kprobe", "SyS_read"), ("tracepoint", "sched/sched_switch")])
specs = probes.map(lambda pair: ProbeSpec(NOWHERE, *pair))
clauses = node(Clause, probes=tuples(specs, 1), predicate=st.one_of(st.none(), expressions), body=bodies)
declarations = st.one_of(
    node(Constant, name=names, value=expressions),
    node(MapDeclaration, name=map_names, kind=st.sampled_from(["hash", "lru"]), size=leaves),
    node(
        OptionDeclaration,
        name=names,
        default=st.one_of(
            node(IntLiteral, value=st.integers(-(2**63), 2**64 - 1), unit=st.sampled_from(["", "ns", "bytes"])),
            node(StringLiteral, value=st.binary(max_size=4)),
        ),
        help=st.sampled_from(["", "what it is for"]),
    ),
)

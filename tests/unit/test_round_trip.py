"""Any program at all, written down with as few parentheses as C's rules allow, is understood as what it was."""

from dataclasses import fields, is_dataclass

from hypothesis import HealthCheck, given, settings
from plytrace.compiler.ast import Clause, Declaration, Expression, ProbeSpec, Program
from plytrace.compiler.build_ast import build_ast
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source
from programs import NOWHERE, clauses, declarations, expressions, tuples
from unparse import clause_text, declaration_text


def bare(value: object) -> object:
    """A node without its places."""
    if isinstance(value, tuple):
        return tuple(map(bare, value))
    if is_dataclass(value):
        parts = ((part.name, getattr(value, part.name)) for part in fields(value))
        return type(value).__name__, *((name, bare(part)) for name, part in parts if name not in ("span", "source"))
    return value


def check(program: str, expected: object) -> None:
    source = Source("<program>", program)
    assert bare(build_ast(source, parse(source))) == bare(expected), program


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(expressions)
def test_expressions(expression: Expression) -> None:
    clause = Clause(NOWHERE, (ProbeSpec(NOWHERE, "BEGIN", ""),), expression, ())
    check(clause_text(clause), Program(Source("", ""), (clause,)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tuples(clauses, 1), tuples(declarations))
def test_programs(some: tuple[Clause, ...], declared: tuple[Declaration, ...]) -> None:
    parts = [*map(declaration_text, declared[:1]), *map(clause_text, some), *map(declaration_text, declared[1:])]
    check("".join(parts), Program(Source("", ""), some, declared))

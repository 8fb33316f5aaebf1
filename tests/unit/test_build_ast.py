"""The nodes that a program becomes: one form for both dialects, C's precedence, decoded literals, exact spans."""

from time import monotonic

import pytest
from plytrace.compiler.ast import (
    Assign,
    Binary,
    Call,
    Delete,
    Evaluate,
    Expression,
    If,
    IntLiteral,
    MapRef,
    Parameter,
    Program,
    Statement,
    StringLiteral,
    Ternary,
    Unary,
)
from plytrace.compiler.build_ast import build_ast
from plytrace.grammar.diagnostic import CompileError, Diagnostic
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source


def build(text: str) -> Program:
    source = Source("<program>", text)
    return build_ast(source, parse(source))


def problems(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(CompileError) as caught:
        build(text)
    return caught.value.diagnostics


def statements(text: str) -> tuple[Statement, ...]:
    return build("BEGIN {" + text + "}").clauses[0].body


def expression(text: str) -> Expression:
    (statement,) = statements(text)
    assert isinstance(statement, Evaluate)
    return statement.expression


def show(node: Expression | Statement | None) -> str:
    """A node without its spans: `(+ 1 (* 2 3))`."""
    match node:
        case None:
            return "_"
        case IntLiteral(value=value, unit=unit):
            return f"{value}{unit}"
        case StringLiteral(value=text):
            return repr(text)
        case Parameter(name=name):
            return "$" + name
        case Call(name=name, arguments=parts):
            return f"{name}({', '.join(map(show, parts))})"
        case MapRef(name=name, keys=parts):
            return f"{name}[{', '.join(map(show, parts))}]"
        case Unary(operator=operator, operand=operand):
            return f"({operator} {show(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({operator} {show(left)} {show(right)})"
        case Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"(? {show(condition)} {show(then)} {show(otherwise)})"
        case Evaluate(expression=inner):
            return show(inner)
        case Assign(target=target, value=value):
            return f"{show(target)} = {show(value)}"
        case Delete(target=target):
            return f"delete {show(target)}"
        case If(condition=condition, then=then, otherwise=last):
            return f"if {show(condition)} {{{'; '.join(map(show, then))}}} {{{'; '.join(map(show, last))}}}"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("@[pid()].count()", "@[pid] = count()"),
        ("@.quantize(arg(2))", "@ = quantize(arg2)"),
        ("@[arg(0)] = nil", "delete @[arg0]"),
        ("delete(@m)", "delete @m"),
        ("printf(\"%d\", comm())", "printf(\"%d\", comm)"),
    ],
)  # fmt: skip
def test_both_dialects_become_the_same_nodes(older: str, newer: str) -> None:
    assert [show(node) for node in statements(older)] == [show(node) for node in statements(newer)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 * 2 + 3", "(+ (* 1 2) 3)"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("(1 + 2) * 3", "(* (+ 1 2) 3)"),
        ("1 << 2 + 3 < 4 == 5 & 6 ^ 7 | 8 && 9 ^^ 10 || 11",
         "(|| (^^ (&& (| (^ (& (== (< (<< 1 (+ 2 3)) 4) 5) 6) 7) 8) 9) 10) 11)"),
        ("1 || 2 && 3 ^^ 4", "(|| 1 (^^ (&& 2 3) 4))"),
        ("1 % 2 / 3 >> 4 >= 5 != 6 <= 7 > 8", "(!= (>= (>> (/ (% 1 2) 3) 4) 5) (> (<= 6 7) 8))"),
        ("-1 + !2", "(+ (- 1) (! 2))"),
        ("a ? 1 : b ? 2 : 3", "(? a() 1 (? b() 2 3))"),
        ("a || b ?: c", "(? (|| a() b()) _ c())"),
        ("arg3 + arg(4) + arg10 + arg3(1)", "(+ (+ (+ arg(3) arg(4)) arg10()) arg3(1))"),
        ("f($1, $#, $target)", "f($1, $#, $target)"),
        ("@m[@, 1]", "@m[@[], 1]"),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: str) -> None:
    assert show(expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0", 0, ""),
        ("10", 10, ""),
        ("0x1F", 31, ""),
        ("0X_ff", 255, ""),
        ("0o17", 15, ""),
        ("017", 15, ""),
        ("00", 0, ""),
        ("0b1_01", 5, ""),
        ("1_000_000", 1000000, ""),
        ("1e6", 1000000, ""),
        ("5E0", 5, ""),
        ("0e999999999999", 0, ""),
        ("1e3ms", 10**9, "ns"),
        ("10ns", 10, "ns"),
        ("10us", 10_000, "ns"),
        ("10ms", 10_000_000, "ns"),
        ("10s", 10**10, "ns"),
        ("1m", 60 * 10**9, "ns"),
        ("1h", 3600 * 10**9, "ns"),
        ("4k", 4096, ""),
        ("4K", 4096, ""),
        ("1M", 1 << 20, ""),
        ("1G", 1 << 30, ""),
        ("512B", 512, "bytes"),
        ("4KiB", 4096, "bytes"),
        ("4kB", 4096, "bytes"),
        ("1MiB", 1 << 20, "bytes"),
        ("1GiB", 1 << 30, "bytes"),
        ("18446744073709551615", 2**64 - 1, ""),
        ("0xffff_ffff_ffff_ffff", 2**64 - 1, ""),
        ("0" * 5000 + "7", 7, ""),
        ("'a'", 97, ""),
        ("'\\n'", 10, ""),
        ("'\\''", 39, ""),
        ("'\"'", 34, ""),
        ("'\\xff'", 255, ""),
        ("'\\0'", 0, ""),
    ],
)
def test_numbers(text: str, value: int, unit: str) -> None:
    literal = expression(text)
    assert isinstance(literal, IntLiteral)
    assert (literal.value, literal.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"", b""),
        (r"a\n\t\r\a\b\f\v\e\\\"\'\?", b"a\n\t\r\a\b\f\v\x1b\\\"'?"),
        (r"\0\12\1234\x41Bc\x4g", b"\0\n" + b"S4" + b"ABc" + b"\x04g"),
        (r"\u263a\U0001f600☺", "☺😀☺".encode()),
        ("a\\\nb", b"ab"),
        ("# // /* { } /", b"# // /* { } /"),
    ],
)
def test_strings(text: str, value: bytes) -> None:
    literal = expression(f'"{text}"')
    assert isinstance(literal, StringLiteral)
    assert literal.value == value


@pytest.mark.parametrize(
    "text", ["9" * 100_000, "1" + "0" * 30 + "_0", "0x" + "f" * 5000, "1e" + "9" * 5000, "99999999999G"]
)
def test_integers_too_large_cost_nothing(text: str) -> None:
    assert [problem.code for problem in problems(f"BEGIN {{ f({text}) }}")] == ["integer-too-large"]


@pytest.mark.parametrize(
    ("text", "provider", "target"),
    [
        ("kprobe:SyS_*", "kprobe", "SyS_*"),
        ("BEGIN", "BEGIN", ""),
        ("tracepoint:sched:sched_switch", "tracepoint", "sched:sched_switch"),
        ('uprobe:"/a b/\\"c\\"":f', "uprobe", '/a b/"c":f'),
    ],
)
def test_probes(text: str, provider: str, target: str) -> None:
    (probe,) = build(text + " { }").clauses[0].probes
    assert (probe.provider, probe.target, probe.span.end) == (provider, target, len(text))


def test_statements() -> None:
    text = "if (a) f(); else if (b) { g(); h() } @m[1] = nil; @m.clear()"
    assert [show(node) for node in statements(text)] == [
        "if a() {f()} {if b() {g(); h()} {}}",
        "delete @m[1]",
        "@m[] = clear()",
    ]


def test_spans_cut_out_what_was_written() -> None:
    program = build("kprobe:a, END / (x) > 1 / { @m[ k ] . count( 1 ) ; (a + b) * c; f (1); if (p) q() else { } }")
    cut = program.source.cut
    (clause,) = program.clauses
    assert cut(clause.span) == program.source.text
    assert [cut(probe.span) for probe in clause.probes] == ["kprobe:a", "END"]
    assert clause.predicate is not None and cut(clause.predicate.span) == "(x) > 1"
    count, product, call, branch = clause.body
    assert isinstance(count, Assign) and isinstance(product, Evaluate) and isinstance(product.expression, Binary)
    assert cut(count.span) == "@m[ k ] . count( 1 )"
    assert [cut(count.target.span), cut(count.value.span)] == ["@m[ k ]", "count( 1 )"]
    assert [cut(product.span), cut(product.expression.left.span)] == ["(a + b) * c", "a + b"]
    assert [cut(call.span), cut(branch.span)] == ["f (1)", "if (p) q() else { }"]


def test_all_problems_are_reported_at_once() -> None:
    codes = [problem.code for problem in problems("BEGIN { pid = 09; f(nil, '') } END / 1z / { @.f(\"\\q\\z\") }")]
    assert codes == [
        "not-a-map",
        "bad-number",
        "misplaced-nil",
        "empty-character",
        "bad-number",
        "bad-escape",
        "bad-escape",
    ]


NESTED = [
    ("(", "1", ")"),
    ("!", "1", ""),
    ("f(", "", ")"),
    ("@[", "1", "]"),
    ("a ? b : ", "c", ""),
    ("1 + (", "a", ")"),
    ("", "1", " + 1"),
]


@pytest.mark.parametrize(("left", "middle", "right"), NESTED)
def test_nesting_has_a_limit(left: str, middle: str, right: str) -> None:
    expression(left * 199 + middle + right * 199)
    start = monotonic()
    for depth in (202, 5000):
        (problem,) = problems("BEGIN { f(" + left * depth + middle + right * depth + ") }")
        assert problem.code == "nested-too-deeply"
    assert monotonic() - start < 5


@pytest.mark.parametrize(("left", "right"), [("if (a) ", ""), ("if (a) f(); else ", ""), ("if (a) {", "}")])
def test_nested_statements_have_a_limit(left: str, right: str) -> None:
    statements(left * 199 + "f();" + right * 199)
    for depth in (201, 5000):
        (problem,) = problems("BEGIN { " + left * depth + "f();" + right * depth + " }")
        assert problem.code == "nested-too-deeply"


def test_long_programs_are_not_nested() -> None:
    assert len(statements("f(1);" * 5000)) == 5000
    assert len(build("BEGIN { }" * 3000).clauses) == 3000

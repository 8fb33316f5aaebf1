"""The nodes that a program becomes: one form for both dialects, C's precedence, decoded literals, exact spans."""

import pytest
from plytrace.compiler.ast import (
    Assign,
    Binary,
    Call,
    Cast,
    Constant,
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
    Parameter,
    Program,
    SizeOf,
    Statement,
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


def show(node: Expression | Statement | TypeName | Variable | None) -> str:
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
        case Call(name=name, bare=True):
            return name
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
        case TypeName(name=name, pointers=pointers, length=length):
            return name + "*" * pointers + (f"[{length}]" if length else "")
        case Variable(name=name):
            return f"<{name}>"
        case Cast(type=kind, operand=operand):
            return f"(cast {show(kind)} {show(operand)})"
        case Member(operand=operand, name=name, arrow=arrow):
            return f"({'->' if arrow else '.'} {show(operand)} {name})"
        case Index(operand=operand, index=index):
            return f"(at {show(operand)} {show(index)})"
        case SizeOf(operand=operand):
            return f"(sizeof {show(operand)})"
        case OffsetOf(type=kind, path=path):
            return f"(offsetof {show(kind)} {' '.join(path)})"
        case TupleLiteral(items=parts):
            return f"(tuple {' '.join(map(show, parts))})"
        case Step(target=target, operator=operator, prefix=prefix):
            return f"({operator} {show(target)})" if prefix else f"({show(target)} {operator})"
        case Evaluate(expression=inner):
            return show(inner)
        case Assign(target=target, value=value, operator=operator):
            return f"{show(target)} {operator} {show(value)}"
        case Delete(target=target):
            return f"delete {show(target)}"
        case If(condition=condition, then=then, otherwise=last):
            return f"if {show(condition)} {{{'; '.join(map(show, then))}}} {{{'; '.join(map(show, last))}}}"
        case Let(variable=variable, type=kind, value=value):
            return f"let {show(variable)} {show(kind)} {show(value)}"
        case Unroll(count=count, body=body):
            return f"unroll {show(count)} {{{'; '.join(map(show, body))}}}"
        case While(condition=condition, body=body):
            return f"while {show(condition)} {{{'; '.join(map(show, body))}}}"
        case ForRange(variable=variable, low=low, high=high, body=body):
            return f"for {show(variable)} {show(low)} {show(high)} {{{'; '.join(map(show, body))}}}"
        case ForMap(key=key, value=value, map=of, body=body):
            return f"for {show(key)} {show(value)} {show(of)} {{{'; '.join(map(show, body))}}}"
        case Jump(kind=kind):
            return kind


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("@[pid()].count()", "@[pid] = count()"),
        ("@.quantize(arg(2))", "@ = quantize(arg2)"),
        ("@[arg(0)] = nil", "delete @[arg0]"),
        ("delete(@m)", "delete @m"),
        ("delete(@m, pid)", "delete @m[pid]"),
        ("delete(@m, (pid, comm))", "delete @m[pid, comm]"),
        ("delete(@m, pid, comm)", "delete @m[pid, comm]"),
        ("printf(\"%d\", comm())", "printf(\"%d\", comm)"),
    ],
)  # fmt: skip
def test_both_dialects_become_the_same_nodes(older: str, newer: str) -> None:
    shown = [[show(node).replace("()", "") for node in statements(text)] for text in (older, newer)]
    assert shown[0] == shown[1]


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
        ("a ? 1 : b ? 2 : 3", "(? a 1 (? b 2 3))"),
        ("a() || b ?: c", "(? (|| a() b) _ c)"),
        ("arg3 + arg(4) + arg10 + arg3(1)", "(+ (+ (+ arg(3) arg(4)) arg10) arg3(1))"),
        ("(u32)x + -(char *)y", "(+ (cast u32 x) (- (cast char* y)))"),
        ("(struct a *)p->b.c[1]", "(cast struct a* (at (. (-> p b) c) 1))"),
        ("(const long unsigned int)x + (signed)y", "(+ (cast unsigned long x) (cast int y))"),
        ("(unsigned)x + (signed char)y", "(+ (cast unsigned int x) (cast signed char y))"),
        ("(long long int)x + (short)y", "(+ (cast long long x) (cast short y))"),
        ("sizeof(char[16]) + sizeof(x) + sizeof(x_t)", "(+ (+ (sizeof char[16]) (sizeof x)) (sizeof x_t))"),
        ("offsetof(struct a, b.c)", "(offsetof struct a b c)"),
        ("f((a, b).0, t.1.2)", "f((. (tuple a b) 0), (. (. t 1) 2))"),
        ("self->x + args.y + data->z", "(+ (+ (-> self x) (. args y)) (-> data z))"),
        ("x++ + --@m[k] - $y-- - ++self->z", "(- (- (+ (<x> ++) (-- @m[k])) (<$y> --)) (++ (-> self z)))"),
        ("!*p", "(! (* p))"),
        ("f($1, $#, $target)", "f($1, $#, $target)"),
        ("@m[@, 1]", "@m[@[], 1]"),
    ],
)  # fmt: skip
def test_expressions(text: str, expected: str) -> None:
    assert show(expression(text)) == expected


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
        "if a {f()} {if b {g(); h()} {}}",
        "delete @m[1]",
        "@m[] = clear()",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1; $x = 2; self->x = 3; @x = 4", "<x> = 1; <$x> = 2; (-> self x) = 3; @x[] = 4"),
        ("x += 1; @n[k] -= 2; $x >>= 3", "<x> += 1; @n[k] -= 2; <$x> >>= 3"),
        ("(x) = 1; (@m)++", "<x> = 1; (@m[] ++)"),
        ("let x; let x = 1; let u32 y; let $z: struct a * = 2",
         "let <x> _ _; let <x> _ 1; let <y> u32 _; let <$z> struct a* 2"),
        ("unroll (4) f(); while (x) { g() }", "unroll 4 {f()}; while x {g()}"),
        ("for (i in 0..9) { break } for ($i in a..b) { continue; return }",
         "for <i> 0 9 {break}; for <$i> a b {continue; return}"),
        ("for (k in @m) { } for (k, $v in @) { }", "for <k> _ @m[] {}; for <k> <$v> @[] {}"),
        ("{ let x = 1; f(x) }", "if 1 {let <x> _ 1; f(x)} {}"),
        ('f("a\\n" "b")', "f(b'a\\nb')"),
        ("@m.clear(); @ = count; @ = count()", "@m[] = clear(); @[] = count; @[] = count()"),
        ("p->if; args.delete", "(-> p if); (. args delete)"),
    ],
)  # fmt: skip
def test_statements_of_both_families(text: str, expected: str) -> None:
    assert "; ".join(map(show, statements(text))) == expected


def test_declarations() -> None:
    program = build("const A = 4k; BEGIN { } let @m = lru(A + 1); const B = (A, 1);")
    assert len(program.clauses) == 1
    first, second, third = program.declarations
    assert isinstance(first, Constant) and (first.name, show(first.value)) == ("A", "4096")
    assert isinstance(second, MapDeclaration)
    assert (second.name, second.kind, show(second.size)) == ("@m", "lru", "(+ A 1)")
    assert [program.source.cut(node.span) for node in (first, second, third)] == [
        "const A = 4k",
        "let @m = lru(A + 1)",
        "const B = (A, 1)",
    ]


def test_spans_of_new_nodes_cut_out_what_was_written() -> None:
    text = "let u32 x = 1; (struct a *) p -> b [ 1 ] ; x ++ ; $y += (1, 2) . 0 ; for (k, v in @m) { } sizeof ( char * )"
    source = build("BEGIN { " + text + " }").source
    let, member, step, update, loop, size = build("BEGIN { " + text + " }").clauses[0].body
    assert isinstance(let, Let) and let.type is not None
    assert [source.cut(node.span) for node in (let, let.variable, let.type)] == ["let u32 x = 1", "x", "u32"]
    assert isinstance(member, Evaluate) and isinstance(member.expression, Cast)
    assert source.cut(member.expression.type.span) == "struct a *"
    assert source.cut(member.expression.operand.span) == "p -> b [ 1 ]"
    assert isinstance(step, Evaluate) and isinstance(step.expression, Step)
    assert [source.cut(node.span) for node in (step.expression, step.expression.target)] == ["x ++", "x"]
    assert isinstance(update, Assign)
    assert [source.cut(node.span) for node in (update.target, update.value)] == ["$y", "(1, 2) . 0"]
    assert isinstance(loop, ForMap) and loop.value is not None
    assert [source.cut(node.span) for node in (loop, loop.value, loop.map)] == ["for (k, v in @m) { }", "v", "@m"]
    assert isinstance(size, Evaluate) and isinstance(size.expression, SizeOf)
    assert [source.cut(node.span) for node in (size, size.expression.operand)] == ["sizeof ( char * )", "char *"]


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
    codes = [problem.code for problem in problems("BEGIN { pid() = 09; f(nil, '') } END / 1z / { @.f(\"\\q\\z\") }")]
    assert codes == [
        "not-assignable",
        "bad-number",
        "misplaced-nil",
        "empty-character",
        "bad-number",
        "bad-escape",
        "bad-escape",
    ]

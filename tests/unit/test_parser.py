"""The shape of trees, and which text is which token: probes, predicates, blocks in `{ }` and `< >`."""

import subprocess
import sys

import pytest
from plytrace.grammar.diagnostic import CompileError, Diagnostic
from plytrace.grammar.parser import Token, Tree, build_parser, parse
from plytrace.grammar.source import Source

SEED = r"""
kretprobe:SyS_read { @.quantize(retval()) }
kprobe:SyS_read / (arg(2) > 1024) / { @[pid()].quantize(arg(2)); }
kprobe:SyS_open { printf("%16s(%5d): %s\n", comm(), pid(), mem(arg(0), "128s")) }
kprobe:SyS_* { @[func()].count() }
kprobe:SyS_* { @[comm(), pid()].count() }
kprobe:schedule { @[stack()].count() }
kprobe:SyS_read /arg(2)>1024/ < @[pid()].quantize(arg(2)) >
""".strip().split("\n")


def shape(node: Tree[Token] | Token) -> str:
    if isinstance(node, Token):
        return str(node)
    return f"{node.data}({' '.join(shape(child) for child in node.children)})"


def tree(text: str) -> str:
    return shape(parse(Source("<program>", text)))


def body(text: str) -> str:
    """The shape of the statements in a body."""
    result = tree("kprobe:x {" + text + "}")
    return result.removeprefix("program(clause(probes(kprobe:x) block(").removesuffix(")))")


def error(text: str) -> Diagnostic:
    with pytest.raises(CompileError) as caught:
        parse(Source("<program>", text))
    return caught.value.diagnostics[0]


@pytest.mark.parametrize("program", SEED)
def test_seed_programs(program: str) -> None:
    assert tree(program).startswith("program(clause(probes(k")


def test_no_terminals_collide_and_no_rules_conflict() -> None:
    build_parser(strict=True)


@pytest.mark.parametrize(
    "probe",
    [
        "kprobe:SyS_*",
        "BEGIN",
        "END",
        "tracepoint:sched/sched_switch",
        "tracepoint:sched:sched_switch",
        "tracepoint:sched/*",
        "profile:99hz",
        "interval:1s",
        "kprobe:vfs_read+0x10",
        "kprobe:[a-c]?_x.isra.0",
        "uprobe:/usr/lib/lib*.so:malloc",
        'uprobe:"/a b/c,d":main',
        'uprobe:"/a\\"b/x":main',
        "uprobe:./a-b@2:f$1",
        "uprobe:/bin/x:operator==",
        "uprobe:/opt/a/b",
        "usdt:$target:x:y",
        "syscall::read:entry",
        "kprobe:a#b",
    ],
)
def test_probe_is_one_token(probe: str) -> None:
    for rest in ("{}", " { }", "\n{ }", " / pid / { }", " < >", " if (pid) f();", " # comment\n{ }"):
        if probe not in ("BEGIN", "END") or rest != "{}":
            assert tree(probe + rest).startswith(f"program(clause(probes({probe})")
    assert tree(f"{probe}, {probe},{probe} {{}}").startswith(f"program(clause(probes({probe} {probe} {probe})")


@pytest.mark.parametrize(
    ("program", "probe"),
    [
        ("kprobe:SyS_read/arg(2)>1024/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/arg(2) > 1024/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/(arg(2)>1024)/{ }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/pid==3/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/!pid/ { }", "kprobe:SyS_read"),
        ("kprobe:SyS_read/ pid / { }", "kprobe:SyS_read"),
        ('kprobe:SyS_read/comm=="a b"/ { }', "kprobe:SyS_read"),
        ("tracepoint:sched/sched_switch/pid==3/ { }", "tracepoint:sched/sched_switch"),
        ("uprobe:/bin/bash:readline/pid==3/ { }", "uprobe:/bin/bash:readline"),
    ],
)
def test_predicate_glued_to_a_probe(program: str, probe: str) -> None:
    assert tree(program).startswith(f"program(clause(probes({probe}) predicate(")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("/ arg(2) / 2 > 3 / {}", "chain(call(arg 2) / 2 > 3)"),
        ("/pid/{}", "pid"),
        ("/ a / b / <>", "chain(a / b)"),
        ("/ a / # { comment\n {}", "a"),
        ("/ a / /* if */ if (b) f()", "a"),
        ("/ a /\n// <\n\t<>", "a"),
        ("/ a / iffy / {}", "chain(a / iffy)"),
        ("/ a > b / {}", "chain(a > b)"),
        ("/ a >> 1 / <>", "chain(a >> 1)"),
        ("/ (a / b) / {}", "group(chain(a / b))"),
        ("/ a ? b > c:d / {}", "ternary(a chain(b > c) d)"),
    ],
)
def test_end_of_a_predicate(predicate: str, expected: str) -> None:
    assert tree(f"kprobe:x {predicate}").startswith(f"program(clause(probes(kprobe:x) predicate({expected}) ")


@pytest.mark.parametrize(
    ("program", "bodies"),
    [
        ("kprobe:a < f() >", ["evaluate(call(f))"]),
        ("kprobe:a < f() > # end", ["evaluate(call(f))"]),
        ("kprobe:a < f() > // end\n", ["evaluate(call(f))"]),
        ("kprobe:a < f(); > /* BEGIN */ END < >", ["evaluate(call(f))", ""]),
        ("kprobe:a <> BEGIN {}", ["", ""]),
        ("kprobe:a < x > y > kprobe:b {}", ["evaluate(chain(x > y))", ""]),
        ("kprobe:a < @[arg(0) > 3] = 1 > kprobe:b {}", ["assign(map(@ chain(call(arg 0) > 3)) 1)", ""]),
        ("kprobe:a < if (x > y) { f() } > kprobe:b {}", ["if_(chain(x > y) block(evaluate(call(f))))", ""]),
        ("kprobe:a < @ = x >> 2 >", ["assign(map(@) chain(x >> 2))"]),
        ("kprobe:a < x >= ENDING >", ["evaluate(chain(x >= ENDING))"]),
        ("kprobe:a < x > ENDING >", ["evaluate(chain(x > ENDING))"]),
        ("kprobe:a < f(x ? y > z:w) >", ["evaluate(call(f ternary(x chain(y > z) w)))"]),
        ("kprobe:a { @ = x ? y > z:w }", ["assign(map(@) ternary(x chain(y > z) w))"]),
        ("kprobe:a < x > # kprobe:b\ny >", ["evaluate(chain(x > y))"]),
        ("kprobe:a < @.count() > kprobe:b < @[arg(0) > 3] = count(); >",
         ["evaluate(method(map(@) count))", "assign(map(@ chain(call(arg 0) > 3)) call(count))"]),
    ],
)  # fmt: skip
def test_angle_blocks(program: str, bodies: list[str]) -> None:
    clauses = parse(Source("<program>", program)).children
    assert [shape(clause.children[-1]) for clause in clauses if isinstance(clause, Tree)] == [
        f"block({body})" for body in bodies
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (";;f();;g();;", "evaluate(call(f)) evaluate(call(g))"),
        ("@a = nil; delete @a; delete(@[1])", "assign(map(@a) nil) delete(map(@a)) delete(group(map(@ 1)))"),
        ("if (a) f()", "if_(a evaluate(call(f)))"),
        ("if (a) f(); else g()", "if_(a evaluate(call(f)) evaluate(call(g)))"),
        ("if (a) f() else g(); h()", "if_(a evaluate(call(f)) evaluate(call(g))) evaluate(call(h))"),
        ("if (a) { f() } else if (b) { g(); } else { } h()",
         "if_(a block(evaluate(call(f))) if_(b block(evaluate(call(g))) block())) evaluate(call(h))"),
        ("if (a) if (b) f(); else g()", "if_(a if_(b evaluate(call(f)) evaluate(call(g))))"),
        ("if (a) if (b) f() else g() else h()", "if_(a if_(b evaluate(call(f)) evaluate(call(g))) evaluate(call(h)))"),
        ("if (a) { }; f()", "if_(a block()) evaluate(call(f))"),
        ("a ?: b ? : c", "evaluate(elvis(a elvis(b c)))"),
        ("a ? b : c ? d : e", "evaluate(ternary(a b ternary(c d e)))"),
        ("-!~+1", "evaluate(unary(- unary(! unary(~ unary(+ 1)))))"),
        ("f($1, $#, $target, $x_1)", "evaluate(call(f $1 $# $target $x_1))"),
        ("f(1) # $# }", "evaluate(call(f 1))\n"),
        ("@.if(); @.delete(1)", "evaluate(method(map(@) if)) evaluate(method(map(@) delete 1))"),
        ("@ [ a , b ]", "evaluate(map(@ a b))"),
        ("/* a **/ f(/* / * */) // x\n /***/", "evaluate(call(f))"),
        ("f('\\'', \"a\\\"b\", \"\\\n\")", "evaluate(call(f '\\'' \"a\\\"b\" \"\\\n\"))"),
    ],
)  # fmt: skip
def test_statements_and_expressions(text: str, expected: str) -> None:
    assert body(text if "#" not in text or "\n" in text else text + "\n").strip() == expected.strip()


def test_clause_without_braces() -> None:
    clause = "clause(probes(kprobe:x) if_(a evaluate(call(f))))"
    for end in (";", "", "\n"):
        assert tree(f"kprobe:x if (a) f(){end}") == f"program({clause})"
        assert tree(f"kprobe:x if (a) f(){end} kprobe:x if (a) f(){end} END {{}}").startswith(
            f"program({clause} {clause} "
        )
    assert tree("kprobe:x if (a) { f() } else g()\nkprobe:y {}").startswith(
        "program(clause(probes(kprobe:x) if_(a block("
    )


def test_script_with_an_interpreter_line_and_line_ends_of_windows() -> None:
    assert tree("#!/usr/bin/env ply\r\n\r\nkprobe:x\r\n{\r\n  f();\r\n}\r\n") == tree("kprobe:x { f(); }")


def test_labels_point_at_the_opener() -> None:
    for program, opener in [("BEGIN { f(1 }", 9), ("BEGIN { f(1)", 6), ("BEGIN < @[1", 9), ("BEGIN / 1 {", 6)]:
        assert [label.span.start for label in error(program).labels] == [opener]


def test_messages_quote_little_of_a_long_token() -> None:
    assert len(error('BEGIN { f(1 "' + "x" * 10000 + '") }').message) < 100


def test_five_thousand_open_parentheses() -> None:
    assert error("BEGIN { f" + "(" * 5000 + " }").code == "unclosed-bracket"


def test_parser_is_the_only_module_that_brings_in_lark() -> None:
    code = "import sys, plytrace.grammar.render, plytrace.grammar.syntax_errors; print('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

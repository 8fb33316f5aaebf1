"""The shape of trees, and which text is which token: statements, expressions, blocks in `{ }` and `< >`."""

import subprocess
import sys
import tempfile

import pytest
from plytrace.grammar.diagnostic import CompileError, Diagnostic
from plytrace.grammar.parser import Token, Tree, build_parser, is_type, parse, tables
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
        ("kprobe:a < x > letter >", ["evaluate(chain(x > letter))"]),
        ("kprobe:a < p->x; x >>= 3 > kprobe:b < x++ >",
         ["evaluate(arrow(p -> x)) update(x >>= 3)", "evaluate(step_after(x ++))"]),
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
        ("-!~+*1", "evaluate(unary(- unary(! unary(~ unary(+ unary(* 1))))))"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1; $x += 2; @m[k] <<= 3; p->x ^= 4", "assign(x 1) update($x += 2) update(map(@m k) <<= 3) "
         "update(arrow(p -> x) ^= 4)"),
        ("x /= 2; y = a / *p", "update(x /= 2) assign(y chain(a / unary(* p)))"),
        ("x++; --x; y = x+++z - -x", "evaluate(step_after(x ++)) evaluate(step_before(-- x)) "
         "assign(y chain(step_after(x ++) + z - unary(- x)))"),
        ("let x; let x = 1; let $x:u32 = 2", "let(x) let(x 1) let($x type(u32) 2)"),
        ("let u32 x; let struct a *p = 1; let tt * q; let tt y", "let(type(u32) x) let(type(struct a *) p 1) "
         "let(type(tt *) q) let(type(tt) y)"),
        ("let p: char[16]; let q: struct a ** = 1", "let(p type(char 16)) let(q type(struct a * *) 1)"),
        ("letter = 3; inner = 4; iffy()", "assign(letter 3) assign(inner 4) evaluate(call(iffy))"),
        ("unroll (4) { f() } unroll(2) f()",
         "loop(unroll(4) block(evaluate(call(f)))) loop(unroll(2) evaluate(call(f)))"),
        ("while (a) { break; continue; return; } while (b) x++",
         "loop(while_(a) block(jump(break) jump(continue) jump(return))) loop(while_(b) evaluate(step_after(x ++)))"),
        ("for (i in 0..9) { } for (i in a?b:c..d) f()", "loop(for_range(variables(i) 0 9) block()) "
         "loop(for_range(variables(i) ternary(a b c) d) evaluate(call(f)))"),
        ("for (k in @m) { } for ($k, $v in @) f()", "loop(for_map(variables(k) map(@m)) block()) "
         "loop(for_map(variables($k $v) map(@)) evaluate(call(f)))"),
        ("for (i in t.0..t.1) { }", "loop(for_range(variables(i) dot(t 0) dot(t 1)) block())"),
        ("if (a) while (b) if (c) f(); else g(); else h()",
         "if_(a loop(while_(b) if_(c evaluate(call(f)) evaluate(call(g)))) evaluate(call(h)))"),
        ("if (a) while (b) f() else g()", "if_(a loop(while_(b) evaluate(call(f))) evaluate(call(g)))"),
        ("{ let x; { } } f()", "inner(let(x) inner()) evaluate(call(f))"),
        ('f("a" "b"\n"c")', 'evaluate(call(f strings("a" "b" "c")))'),
        ("for (in1 in @m) { }", "loop(for_map(variables(in1) map(@m)) block())"),
    ],
)  # fmt: skip
def test_statements_of_both_families(text: str, expected: str) -> None:
    assert body(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(u32)x + 1", "chain(cast(type(u32) x) + 1)"),
        ("-(u32)-x", "unary(- cast(type(u32) unary(- x)))"),
        ("(struct task_struct *)p->x", "cast(type(struct task_struct *) arrow(p -> x))"),
        ("((struct file*)arg0)->f_path.dentry",
         "dot(arrow(group(cast(type(struct file *) arg0)) -> f_path) dentry)"),
        ("(const unsigned  long)x", "cast(type(const unsigned  long) x)"),
        ("(dentry *)p", "cast(type(dentry *) p)"),
        ("(dentry * * )p", "cast(type(dentry * *) p)"),
        ("(a * b)", "group(chain(a * b))"),
        ("(a)*b", "chain(group(a) * b)"),
        ("(size_t)(x)", "cast(type(size_t) group(x))"),
        ("(x_t)y", "cast(type(x_t) y)"),
        ("(x_t)(y)", "cast(type(x_t) group(y))"),
        ("(x_t) - y", "chain(group(x_t) - y)"),
        ("(x_t)", "group(x_t)"),
        ("(u32_x)", "group(u32_x)"),
        ("(uint8[8])x", "cast(type(uint8 8) x)"),
        ("sizeof(u32) + sizeof(x)", "chain(sizeof(type(u32)) + sizeof(x))"),
        ("sizeof((u32)x)", "sizeof(cast(type(u32) x))"),
        ("offsetof(struct a, b.c)", "offsetof(type(struct a) path(b c))"),
        ("offsetof(a_t, b)", "offsetof(type(a_t) path(b))"),
        ("a.b->c[1][2].0", "dot(index(index(arrow(dot(a b) -> c) 1) 2) 0)"),
        ("t.0.1", "dot(dot(t 0) 1)"),
        ("@m[1][2]", "index(map(@m 1) 2)"),
        ("@m.0", "dot(map(@m) 0)"),
        ("args.in->if", "arrow(dot(args in) -> if)"),
        ("f(x)[0]", "index(call(f x) 0)"),
        ("(a, (b, c)).1", "dot(tuple(a tuple(b c)) 1)"),
        ("**p++", "unary(* unary(* step_after(p ++)))"),
        ("a ? (b) : (c)", "ternary(a group(b) group(c))"),
        ("a?b:c", "ternary(a b c)"),
    ],
)  # fmt: skip
def test_expressions_of_c(text: str, expected: str) -> None:
    assert body(f"x = {text}") == f"assign(x {expected})"


def test_declarations_stand_anywhere_between_clauses() -> None:
    clauses = ["kprobe:x { }", "kprobe:x < >", "kprobe:x if (a) f()", "kprobe:x if (a) f();", "kprobe:x if (a) { }"]
    for clause in clauses:
        shapes = [
            shape(child) for child in parse(Source("", f"const X=1;{clause} let @m = hash(X); {clause}")).children
        ]
        assert shapes[::2] == ["constant(X 1)", "map_size(@m call(hash X))"]
        assert shapes[1] == shapes[3]


@pytest.mark.parametrize("word", ["u8", "s64", "__u32", "int32", "uint64_t", "long", "bool", "void", "pid_t", "size_t"])
def test_types_by_name(word: str) -> None:
    assert is_type(word) and not is_type(word + "x") and not is_type("x" + word)
    assert body(f"x = ({word})y; let {word} z") == f"assign(x cast(type({word}) y)) let(type({word}) z)"


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


def test_a_parser_from_its_tables_is_the_same() -> None:
    """In a process of its own: a parser is made once."""
    program = r"""
import sys
from plytrace.grammar import parser
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.source import Source
if sys.argv[1]:
    with open(sys.argv[1], "rb") as file:
        parser.use(file.read())
def shown(text):
    try:
        return repr(parser.parse(Source("x", text)).pretty())
    except PlyError as error:
        return repr(error.diagnostics)
for text in ("kprobe:x /a > 1/ < @[pid()].count() >", "BEGIN { x = ? }", "k:y { (u32)a->b; }", "k:y { if 1 }", "\x00"):
    print(shown(text))
print(parser.spellings("JUMP"), parser.is_type("u32"), parser.comment_pattern().pattern)
"""
    with tempfile.NamedTemporaryFile() as file:
        file.write(tables())
        file.flush()
        words = [[sys.executable, "-c", program, name] for name in ("", file.name)]
        built, loaded = (subprocess.run(each, check=True, capture_output=True, text=True).stdout for each in words)
    assert built == loaded and "missing-operand" in built

"""Whatever the text: a Program, or a CompileError whose diagnostics can be shown. Never another exception."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plytrace.compiler.ast import Program
from plytrace.compiler.build_ast import build_ast
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.parser import parse
from plytrace.grammar.render import render
from plytrace.grammar.source import Source

PROGRAMS = [
    "kprobe:SyS_read / (arg(2) > 1024) / { @[pid()].quantize(arg(2)); }",
    'kprobe:SyS_open { printf("%16s(%5d): %s\\n", comm(), pid(), mem(arg(0), "128s")) }',
    "kprobe:SyS_read /arg(2)>1024/ < @[pid()].quantize(arg(2)) >",
    "kprobe:a < @.count() > kprobe:b < @[arg(0) > 3] = count(); >",
    "BEGIN { @a = 1; } interval:1s { print(@a); delete @a[pid, 'x']; @a = nil } # end",
    "tracepoint:sched/sched_switch,i:500ms if (pid == $1) { @x[comm].sum(4KiB) } else if (a) f() else g();",
    "const N = 4k; let @m = hash(1_000); kprobe:x { let u32 x = (u32)arg0; let y: char *; $z = x++ + --@m[N]; }",
    "BEGIN < for (i in 0..N) { while (i < 3) break; } unroll (2) @m[1] += 2 > let @q = lru(2);",
    "kprobe:a { for (k, v in @m) if (v) { continue } else return; for (k in @m) while (k) f() }",
    "kprobe:y / self->t / { f(((struct file *)arg0)->f_path.dentry[1], (a, b).0) }",
    "kprobe:y { @[sizeof(char[16]), sizeof(x)] = offsetof(struct a, b.c); }",
    'kprobe:z { { x = *p; y = "a" "b"; z <<= -(long long)x; } self->t = args.in->of; delete @m[(1, 2)]; data->x[2]; }',
    "#!/usr/bin/ply\n// one\n/* two */ END { x = a ? b : c ?: 0x1f << 10ms ^^ !~-0b11; }",
]
PIECES = [
    *"{}()[]<>/,;=?:.@$#\"'\\!+-*&|^~% \n\t",
    "kprobe:x", "BEGIN", "END", "kprobe:", "if", "else", "delete", "nil", "@m", "pid", "count", "arg0", "$1", "$#",
    '"s"', "'c'", "10", "0x", "1.5", "3ms", "==", "&&", "||", "^^", "<<", ">>", "->", "++", "//", "/*", "*/", "while",
    "for", "in", "..", "unroll", "let", "const", "return", "break", "u32", "(u32)", "(x *)", "struct a", "sizeof",
    "offsetof", "self->", "x_t", "+=", "<<=", "--", ".0", "$x",
    "\0", "\x1b[2J", "\u202e", "é", "漢", "\udc80", "\r\n",
]  # fmt: skip


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs(text: str) -> None:
    source = Source("<program>", text)
    assert build_ast(source, parse(source)).clauses


def check(text: str) -> None:
    source = Source("<program>", text)
    try:
        assert isinstance(build_ast(source, parse(source)), Program)
    except CompileError as error:
        assert error.source == source and error.diagnostics
        for diagnostic in error.diagnostics:
            span = diagnostic.span
            assert span is not None and 0 <= span.start <= span.end <= len(text)
            assert diagnostic.message and not diagnostic.message.endswith(".")
            shown = render(diagnostic, source).replace("\n", "")
            assert shown.isprintable()


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=60))
@example("kprobe:x { @ = 'a")
def test_random_text(text: str) -> None:
    check(text)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["", " "]), st.booleans())
def test_random_tokens(pieces: list[str], between: str, framed: bool) -> None:
    text = between.join(pieces)
    check("kprobe:x { " + text + " }" if framed else text)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutated_programs(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(PROGRAMS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    check(text)

"""Scripts of thousands of lines: compiled, or refused in a few seconds; never a crash of what compiles them."""

import time

import pytest
from hosts import MODERN
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.source import Source

KINDS = {
    "clauses": ("", "syscall:read / pid == {} / {{ @[{}].count() }}\n", ""),
    "statements": ("syscall:read {\n", "@[{}] = arg2 + {};\n", "}\n"),
    "branches": ("syscall:read {\n", "if (pid == {}) @[{}].quantize(arg2);\n", "}\n"),
}


def script(kind: str, lines: int) -> Source:
    head, line, end = KINDS[kind]
    return Source("large.ply", head + "".join(line.format(number, number) for number in range(lines)) + end)


@pytest.mark.parametrize("kind", KINDS)
def test_hundreds_of_lines_compile(kind: str) -> None:
    assert compile_source(script(kind, 200), MODERN, Options()).object


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_lines_are_refused_in_time(kind: str) -> None:
    before = time.process_time()
    with pytest.raises(CompileError) as refused:
        compile_source(script(kind, 10_000), MODERN, Options())
    assert refused.value.diagnostics[0].code == "program-too-large"
    assert time.process_time() - before < 60


def test_ten_thousand_lines_of_declarations_and_comments() -> None:
    lines = "".join(f"const C{number} = {number} * 2; # the constant number {number}\n" for number in range(10_000))
    assert compile_source(Source("large.ply", lines + "BEGIN { print(C9999) }"), MODERN, Options()).object

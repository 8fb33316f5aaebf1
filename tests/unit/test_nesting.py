"""Nesting up to the limit goes through the stages, beyond it is one error: never a RecursionError, and soon."""

from time import process_time

import pytest
from hosts import MODERN
from plytrace.compiler.build_ast import build_ast
from plytrace.compiler.infer_statement import DEEPEST_LOOP
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import stages
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source

EXPRESSIONS = [
    (195, "(", "1", ")"),
    (195, "", "1", " + 1"),
    (98, "!", "pid", ""),
    (98, "pid ? 1 : ", "2", ""),
    (98, "1 ?: ", "2", ""),
    (98, "(u32)", "pid", ""),
    (98, "(1, ", "1", ")"),
    (98, "sizeof(", "1", ")"),
    (98, "@m[", "1", "]"),
    (98, "str(", "arg0", ")"),
    (98, "*", "arg0", ""),
    (98, "", "arg0", "->mm"),
    (98, "", "arg0", "[1]"),
    (98, "", "t", ".0"),
    (195, "1 + (", "pid", ")"),
]
STATEMENTS = [
    ("if (pid) ", ""),
    ("if (pid) @.count(); else ", ""),
    ("if (pid) {", "}"),
    ("{", "}"),
    ("while (pid) ", ""),
    ("for (i in 0..3) {", "}"),
    ("unroll (1) {", "}"),
]
PARTS = [
    *((most, f"@ = {left}", middle, right, left) for most, left, middle, right in EXPRESSIONS),
    *((39, left, "@.count()", right, left) for left, right in STATEMENTS),
]


def program(depth: int, left: str, middle: str, right: str, more: str) -> str:
    return "kprobe:vfs_read { @m[1] = 1; " + left + more * (depth - 1) + middle + right * depth + " }"


@pytest.mark.parametrize(("most", "left", "middle", "right", "more"), PARTS)
def test_as_deep_as_allowed(most: int, left: str, middle: str, right: str, more: str) -> None:
    """Loops have a lower limit of their own, for the verifier's sake."""
    if left.startswith(("while", "for", "unroll")):
        most = DEEPEST_LOOP
    source = Source("<program>", program(most, left, middle, right, more))
    assert build_ast(source, parse(source)).clauses
    try:
        for name, _ in stages(source, MODERN, Options()):
            if name == "ir":  # what LLVM makes of it is its own matter
                break
    except CompileError as error:
        assert "nested-too-deeply" not in [diagnostic.code for diagnostic in error.diagnostics]


@pytest.mark.parametrize("beyond", [10, 5000])
@pytest.mark.parametrize(("most", "left", "middle", "right", "more"), PARTS)
def test_too_deep(most: int, left: str, middle: str, right: str, more: str, beyond: int) -> None:
    source = Source("<program>", program(most + beyond, left, middle, right, more))
    start = process_time()
    with pytest.raises(CompileError) as caught:
        build_ast(source, parse(source))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["nested-too-deeply"]
    assert process_time() - start < 5


def test_long_programs_are_not_nested() -> None:
    for text, count in [("BEGIN {" + "f(1);" * 5000 + "}", 5000), ("BEGIN { }" * 3000, 3000)]:
        source = Source("<program>", text)
        program = build_ast(source, parse(source))
        assert max(len(program.clauses), len(program.clauses[0].body)) == count

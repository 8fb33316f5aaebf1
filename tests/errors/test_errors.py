"""Every wrong program in this folder is answered with the diagnostics that its file expects, and every code has one.

`CODE.test` or `CODE.VARIANT.test`: the program, a line `---`, then a line for each diagnostic:
`CODE LINE:COLUMN-COLUMN words` (the last column included; `LINE:COLUMN-LINE:COLUMN` over several lines). Each word must
occur in the message, the help, a note or a label. `␀` in the program is a NUL byte, `␦` a byte that is not UTF-8.
"""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from plytrace.compiler.build_ast import build_ast
from plytrace.grammar.diagnostic import CompileError, Diagnostic
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source, Span

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.test"))
STAGES = ("grammar/*.py", "compiler/build_ast.py", "compiler/literals.py", "compiler/escapes.py", "compiler/nesting.py")


def diagnose(source_text: str) -> Sequence[Diagnostic]:
    source = Source("<program>", source_text)
    try:
        build_ast(source, parse(source))
    except CompileError as error:
        assert error.source == source
        return error.diagnostics
    return ()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".test"))
def test_wrong_program(path: Path) -> None:
    program, _, expectations = path.read_text(encoding="utf-8").rpartition("\n---\n")
    program = program.replace("␀", "\0").replace("␦", "\udc80")
    diagnostics = diagnose(program)
    expected = [line.split(" ") for line in expectations.splitlines()]
    found = [f"{diagnostic.code} {place(program, diagnostic.span)}" for diagnostic in diagnostics]
    assert found == [f"{code} {where}" for code, where, *_ in expected]
    assert found[0].startswith(path.name.split(".")[0] + " ")
    for diagnostic, (_, _, *words) in zip(diagnostics, expected, strict=True):
        labels = [label.text for label in diagnostic.labels]
        text = " ".join([diagnostic.message, diagnostic.help, *diagnostic.notes, *labels])
        assert [word for word in words if word not in text] == [], text


def test_every_code_has_a_wrong_program() -> None:
    tested = {path.name.split(".")[0] for path in CASES}
    assert sorted(set(codes()) - tested) == []


def place(program: str, span: Span | None) -> str:
    assert span is not None and 0 <= span.start <= span.end <= len(program)
    source = Source("", program)
    first, last = source.position(span.start), source.position(max(span.end - 1, span.start))
    end = f"{last[1]}" if last[0] == first[0] else f"{last[0]}:{last[1]}"
    return f"{first[0]}:{first[1]}-{end}"


def codes() -> Iterator[str]:
    """The codes in the source of the stages: first arguments of `Diagnostic(...)` and `self.problem(...)`."""
    root = HERE.parent.parent
    for pattern in STAGES:
        for path in root.glob(pattern):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Name(id="Diagnostic") | ast.Attribute(attr="problem"),
                        args=[ast.Constant(value=str() as code), *_],
                    ):
                        yield code

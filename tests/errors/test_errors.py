"""Every wrong program in this folder is answered with the diagnostics that its file expects, and every code has one.

`CODE.test` or `CODE.VARIANT.test`: the program, a line `---`, then a line for each diagnostic:
`CODE LINE:COLUMN-COLUMN words` (the last column included; `LINE:COLUMN-LINE:COLUMN` over several lines). Each word must
occur in the message, the help, a note or a label. `␀` in the program is a NUL byte, `␦` a byte that is not UTF-8.
`--- old` instead of `---` compiles for that host of `hosts.py` instead of the modern one; words behind it, as in
`--- modern --pid 12`, are those behind the script. A diagnostic about them that has no place has `-` for one.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hosts import HOSTS
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import stages
from plytrace.grammar.diagnostic import Diagnostic, PlyError
from plytrace.grammar.source import Source, Span

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*.test"))
SEPARATOR = re.compile(r"\n---(?: (\w+)((?: \S+)*))?\n")
FOLDERS = ("grammar", "compiler", "compiler/functions", "compiler/aggregations", "compiler/providers")
NOT_OF_PROGRAMS = {"program-too-large", "unknown-backend", "unknown-way"}  # of thousands of lines, or of none
NOT_REACHED = {
    "cannot-format",  # guards scripts against a fault of the formatter itself
    "too-many-functions",  # the tables have fewer
    "not-a-key",  # all that is no key is refused before: calls without value, structs
    "not-in-memory",  # places are asked for of members, items and `*p` only
}


def diagnose(source_text: str, host: str, words: Sequence[str]) -> Sequence[Diagnostic]:
    """What is wrong with a program, as far as the stages find out that know the language."""
    source = Source("<program>", source_text)
    try:
        for name, _ in stages(source, HOSTS[host], Options(parameters=tuple(words))):
            if name == "typed":
                break
    except PlyError as error:
        assert error.source in (source, None)
        return error.diagnostics
    return ()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".test"))
def test_wrong_program(path: Path) -> None:
    *parts, host, words, expectations = SEPARATOR.split(path.read_text(encoding="utf-8"))
    program = parts[0].replace("␀", "\0").replace("␦", "\udc80")
    diagnostics = diagnose(program, host or "modern", (words or "").split())
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
    assert sorted(set(codes()) - tested - NOT_OF_PROGRAMS - NOT_REACHED) == []
    assert tested & NOT_REACHED == set()


def place(program: str, span: Span | None) -> str:
    if span is None:
        return "-"
    assert 0 <= span.start <= span.end <= len(program)
    source = Source("", program)
    first, last = source.position(span.start), source.position(max(span.end - 1, span.start))
    end = f"{last[1]}" if last[0] == first[0] else f"{last[0]}:{last[1]}"
    return f"{first[0]}:{first[1]}-{end}"


def codes() -> Iterator[str]:
    """The codes in the source of the stages: strings in the first places of the calls that make diagnostics."""
    root = HERE.parent.parent
    for path in (path for folder in FOLDERS for path in (root / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case (
                    ast.Call(
                        func=ast.Name(id="Diagnostic" | "Wrong" | "Complaint") | ast.Attribute(attr="problem"),
                        args=[ast.Constant(value=str() as code), *_],
                    )
                    | ast.Call(func=ast.Attribute(attr="_differ"), args=[_, ast.Constant(value=str() as code), *_])
                ):
                    yield code

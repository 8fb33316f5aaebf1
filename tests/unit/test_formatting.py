"""`ply fmt` keeps what a script means and every comment where it was, and finds nothing to do the second time."""

import random
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plytrace.compiler.ast import Clause, Declaration
from plytrace.compiler.build_ast import build_ast
from plytrace.compiler.formatting import formatted
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.parser import Token, comment_pattern, parse_with_tokens
from plytrace.grammar.source import Source
from programs import clauses, declarations, tuples
from unparse import clause_text, declaration_text

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = [*sorted((ROOT / "examples").glob("*.ply")), *sorted((ROOT / "tests" / "golden").glob("*.test"))]
FENCE = re.compile(r"^```ply[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BETWEEN = (
    " ", "\n", "\n\n\n", " # one\n", "\n// two\n", "\n\n# three \n\n", " /* four */ ", "\n/* five */\n", "/* six */\n",
    "\n/* seven */ ", "/* eight\n     and more */", " # nine\n# ten\n", " /* eleven */ /* twelve */ ",
)  # fmt: skip


def fmt(text: str) -> str:
    return formatted(Source("<program>", text))


def bare(value: object) -> object:
    """A node without its places."""
    if isinstance(value, tuple):
        return tuple(map(bare, value))
    if is_dataclass(value):
        parts = ((part.name, getattr(value, part.name)) for part in fields(value))
        return type(value).__name__, *((name, bare(part)) for name, part in parts if name not in ("span", "source"))
    return value


@cache
def read(text: str) -> tuple[object, Sequence[Token]]:
    """What a program means, and its tokens."""
    source = Source("<program>", text)
    tree, tokens = parse_with_tokens(source)
    return bare(build_ast(source, tree)), tokens


def meaning(text: str) -> object:
    return read(text)[0]


def comments(text: str) -> list[tuple[str, str]]:
    """Each comment, its blanks evened out, with the token before it: `;` comes and goes, so it is none here."""
    _, tokens = read(text)
    kept = [token for token in tokens if token.type != "SEMICOLON"]
    edges = [0, *(edge for token in kept for edge in (token.start_pos or 0, token.end_pos or 0)), len(text)]
    found = []
    for index, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        before = " ".join(kept[index - 1].split()) if index else ""
        found += [(before, " ".join(match[0].split())) for match in comment_pattern().finditer(text, start, end)]
    return found


def check(text: str) -> None:
    once = fmt(text)
    assert meaning(once) == meaning(text)
    assert comments(once) == comments(text)
    assert fmt(once) == once
    assert not re.search(r"[ \t]$", once, re.MULTILINE) or "/*" in once or '"' in once
    assert once.endswith("\n") and not once.endswith("\n\n")


def program_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".ply" else re.split(r"^# (?:ast|probes|typed|ir)\b", text, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts(path: Path) -> None:
    try:
        meaning(program_of(path))
    except CompileError:
        return  # a golden of what is wrong with it
    check(program_of(path))


@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.suffix == ".ply"], ids=lambda path: path.name)
def test_examples_are_in_the_style(path: Path) -> None:
    assert fmt(program_of(path)) == program_of(path)


@pytest.mark.parametrize("name", ["language.md", "scripts.md"])
def test_documented_programs(name: str) -> None:
    for text in FENCE.findall((ROOT / "docs" / name).read_text(encoding="utf-8")):
        try:
            meaning(text)
        except CompileError:
            continue
        check(text)


def sprinkled(text: str, chance: random.Random) -> str:
    """The program with line ends and comments between its tokens, as far as it still means the same."""
    for _ in range(3):
        ends = [token.end_pos or 0 for token in read(text)[1]]
        places = sorted(chance.sample(ends, min(len(ends), chance.randrange(1, 6))), reverse=True)
        more = text
        for place in places:
            more = f"{more[:place]} {chance.choice(BETWEEN)}{more[place:]}"
        try:
            if meaning(more) == meaning(text):
                text = more
        except CompileError:
            continue  # `let x` (line end) `y`, a comment in a cast
    return text


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tuples(clauses, 1), tuples(declarations), st.integers(0, 1 << 32))
def test_any_program(some: tuple[Clause, ...], declared: tuple[Declaration, ...], seed: int) -> None:
    """A thousand scripts: five hundred as they come, and each with comments strewn into it."""
    text = "".join([*map(declaration_text, declared), *map(clause_text, some)])
    check(text)
    check(sprinkled(text, random.Random(seed)))


STYLE = {
    "spaces": (
        "kprobe:x/pid==1&&! comm /{@[ pid,comm ] . count( )}",
        "kprobe:x / pid == 1 && !comm / { @[pid, comm].count() }\n",
    ),
    "a line end in a block": ("BEGIN { @ = 1;\n exit() }", "BEGIN {\n    @ = 1;\n    exit();\n}\n"),
    "if and else": (
        "END { if (1) { @ = 1 } else if (2) @ = 2; else {\n@ = 3 } }",
        "END {\n    if (1) {\n        @ = 1;\n    } else if (2)\n        @ = 2;\n"
        "    else {\n        @ = 3;\n    }\n}\n",
    ),
    "semicolons": ("BEGIN {; @ = 1;; if (1) { };; exit(); }", "BEGIN { @ = 1; if (1) { } exit() }\n"),
    "angles": ("BEGIN<@=1;exit()>END<>", "BEGIN < @ = 1; exit() >\nEND < >\n"),
    "declarations": (
        'const X=4k;let @m=lru( X*2 );option o=- 3"three"END{}',
        'const X = 4k;\nlet @m = lru(X * 2);\noption o = -3 "three";\nEND { }\n',
    ),
    "types": (
        "BEGIN { let  u32*p=(struct   page*)arg0; let x:char [4]; y=sizeof( int )+(u8)- - 1 }",
        "BEGIN { let u32 *p = (struct page *)arg0; let x: char[4]; y = sizeof(int) + (u8)- -1 }\n",
    ),
    "blank lines": (
        "\n\nBEGIN {\n\n\n@ = 1\n\n\n\n@b = 2\n\n}\n\n\n\nEND { }\n\n".replace("1\n", "1;\n"),
        "BEGIN {\n    @ = 1;\n\n    @b = 2;\n}\n\nEND { }\n",
    ),
    "comments behind code": (
        "BEGIN {\n@ = 1; # one\n@long = 2 ;// two\n\n@c = 3; # three\n}",
        "BEGIN {\n    @ = 1;      # one\n    @long = 2;  // two\n\n    @c = 3;  # three\n}\n",
    ),
    "a comment before else": (
        "BEGIN { if (1) { exit() }\n# else\nelse { exit() } }",
        "BEGIN {\n    if (1) {\n        exit();\n    }\n    # else\n    else {\n        exit();\n    }\n}\n",
    ),
    "a long list": (
        f'BEGIN {{ printf("{"x" * 80}", pid, comm, tid) }}',
        f'BEGIN {{\n    printf(\n        "{"x" * 80}", pid,\n        comm, tid\n    );\n}}\n',
    ),
    "a long condition": (
        f"kprobe:x / {'a' * 40} + 1 == {'b' * 30} && {'c' * 30} / {{ @.count() }}",
        f"kprobe:x\n/ {'a' * 40} + 1 == {'b' * 30}\n    && {'c' * 30} / {{ @.count() }}\n",
    ),
    "line ends of Windows": ("#!/usr/bin/ply\r\nBEGIN {\r\nexit() }\r\n", "#!/usr/bin/ply\nBEGIN {\n    exit();\n}\n"),
}


@pytest.mark.parametrize("name", STYLE)
def test_the_style(name: str) -> None:
    ugly, neat = STYLE[name]
    assert fmt(ugly) == neat
    check(ugly)

"""What `$1`, `$#` and `$name` are: words behind a script, its options with their types, the environment."""

import pytest
from hosts import MODERN
from plytrace.compiler.ast import IntLiteral, StringLiteral
from plytrace.compiler.build_ast import build_ast
from plytrace.compiler.options import Options
from plytrace.compiler.parameters import Parameters, parameters
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source
from plytrace.runtime.environment import environment
from plytrace.runtime.script_help import header, script_help

DECLARED = """\
#!/usr/bin/env ply
# How large are reads?
#
#     reads.ply --pid 12

option pid = 0 "process to trace";
option slow = 10ms "report what takes longer";
option max_size = 4KiB;
option name = "dd" "its name";
option least = -1;
"""


def given(text: str, *words: str, **variables: str) -> Parameters:
    source = Source("reads.ply", text)
    options = Options(parameters=words, environment=tuple(variables.items()))
    return parameters(build_ast(source, parse(source)), options)


def plain(found: Parameters) -> dict[str, object]:
    literals = {name: value for name, value in found.named.items() if isinstance(value, IntLiteral | StringLiteral)}
    return {name: value.value for name, value in literals.items()}


DEFAULTS = {"pid": 0, "slow": 10_000_000, "max_size": 4096, "name": b"dd", "least": -1}


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("", {}),
        ("--pid 12", {"pid": 12}),
        ("--pid=12", {"pid": 12}),
        ("--pid 0x10 --pid 1k", {"pid": 1024}),
        ("--slow 20us", {"slow": 20_000}),
        ("--slow 0", {"slow": 0}),
        ("--max-size 1MiB", {"max_size": 1 << 20}),
        ("--max_size=2B", {"max_size": 2}),
        ("--name --pid", {"name": b"--pid"}),
        ("--name 12", {"name": b"12"}),
        ("--name=", {"name": b""}),
        ("--name=a=b", {"name": b"a=b"}),
        ("--least -5", {"least": -5}),
        ("--least -9223372036854775808", {"least": -(1 << 63)}),
    ],
)
def test_options(words: str, changed: dict[str, object]) -> None:
    found = given(DECLARED + "BEGIN { exit() }", *words.split())
    assert (plain(found), found.arguments) == (DEFAULTS | changed, ())


def test_arguments_beside_options() -> None:
    found = given("option x = 1; BEGIN { print($1, $2, $x) }", "one", "--x", "5", "-3")
    assert (found.arguments, plain(found)) == (("one", "-3"), {"x": 5})


def test_without_options_every_word_is_an_argument() -> None:
    assert given("BEGIN { print($1, $2) }", "-x", "--two").arguments == ("-x", "--two")
    assert given("BEGIN { print($#) }", "-x", "--two", "3").arguments == ("-x", "--two", "3")


def code(text: str, *words: str, **variables: str) -> str:
    """The code of what is wrong, or ""."""
    try:
        options = Options(parameters=words, environment=tuple(variables.items()))
        compile_source(Source("reads.ply", text), MODERN, options)
    except PlyError as error:
        return error.diagnostics[0].code
    return ""


def test_an_option_is_before_the_environment() -> None:
    assert plain(given('option x = "mine"; BEGIN { print($x) }', x="theirs"))["x"] == b"mine"


def test_what_is_assigned_is_never_the_environment_s() -> None:
    assert code("BEGIN { $x = 1; print($x) }", x="theirs") == ""
    assert code("BEGIN { print($x); $x = 1 }", x="theirs") == "unknown-variable"
    assert code("BEGIN { print($x) } END { $x = 1; print($x) }", x="theirs") == ""
    assert code("BEGIN { print($x) } END { $x = 1; print($x) }") == "unknown-parameter"


def test_a_number_in_the_environment_is_a_number() -> None:
    assert given("BEGIN { print($x) }", x="-12").named["x"] == -12
    assert given("BEGIN { print($x) }", x="12a").named["x"] == b"12a"
    assert code("BEGIN { @ = $x + 1 }", x="12") == ""
    assert code("BEGIN { @ = $x + 1 }", x="dd") == "wrong-operand"


def test_the_environment_that_a_script_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLY_ONE", "1")
    monkeypatch.setenv("PLY_TWO", "\udc80")
    monkeypatch.setenv("PLY", "short")
    monkeypatch.delenv("PLY_NONE", raising=False)
    found = environment('BEGIN { print($PLY_TWO, $PLY_ONE, $PLY_NONE, $1, $#, "$") } # $PLY_ONE$')
    assert found == (("PLY_ONE", "1"), ("PLY_TWO", "\udc80"))


def test_help_of_a_script() -> None:
    help = script_help(Source("/opt/reads.ply", DECLARED + "BEGIN { print($HOME, $1, $target, $pid); $own = 1 }"))
    assert help == (
        "How large are reads?\n\n    reads.ply --pid 12\n\n"
        "usage: reads.ply [OPTION...] ARG1\n\n"
        "  --pid N          process to trace (0)\n"
        "  --slow TIME      report what takes longer (10ms)\n"
        "  --max-size SIZE  (4KiB)\n"
        '  --name TEXT      its name ("dd")\n'
        "  --least N        (-1)\n"
        "  --help           this text\n\n"
        "It reads the environment: HOME.\n"
    )


def test_the_header_of_a_script() -> None:
    assert header("BEGIN { }  # no header") == ""
    assert header("#!/usr/bin/ply\n\n// One\n//two\n\n# three\nBEGIN { }") == "One\ntwo"
    assert header("# evil \x1b[31m") == "evil \\x1b[31m"

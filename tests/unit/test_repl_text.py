"""What Enter does: a command and a whole program run, an open one goes on; `--` parts it from a command around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plytrace.grammar.diagnostic import UsageError
from plytrace.runtime.repl.paint import paint
from plytrace.runtime.repl.text import is_finished, split

PROGRAM = "kprobe:SyS_read / pid == $target / { @.count() }"


@pytest.mark.parametrize("text", ["", ":maps", "  :print @", PROGRAM, f"{PROGRAM} -- dd", "}", 'BEGIN { print("x'])
def test_enter_runs_it(text: str) -> None:
    assert is_finished(text)


@pytest.mark.parametrize("text", ["BEGIN {", "BEGIN { x -- ;", "kprobe:SyS_read", "BEGIN { exit() } /*"])
def test_enter_begins_a_line(text: str) -> None:
    assert not is_finished(text)


@pytest.mark.parametrize(
    ("text", "program", "command"),
    [
        (PROGRAM, PROGRAM, ()),
        (f"{PROGRAM} -- dd bs=1 'a b'", PROGRAM, ("dd", "bs=1", "a b")),
        ("kprobe:x < @.count() > -- ls", "kprobe:x < @.count() >", ("ls",)),
        ("kprobe:x if (pid) @.count() -- ls -- -l", "kprobe:x if (pid) @.count()", ("ls", "--", "-l")),
        ('BEGIN { printf("a -- b"); x = 1; x -- ; exit() }', 'BEGIN { printf("a -- b"); x = 1; x -- ; exit() }', ()),
        ("BEGIN { @ -- ; exit() } -- ls", "BEGIN { @ -- ; exit() }", ("ls",)),
    ],
)
def test_a_program_and_its_command(text: str, program: str, command: tuple[str, ...]) -> None:
    assert split(text) == (program, command)


def test_an_open_quote_in_the_command_is_pointed_at() -> None:
    with pytest.raises(UsageError) as caught:
        split(f"{PROGRAM} -- sh -c 'oh")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "open-quote"
    assert caught.value.source is not None


PIECES = st.lists(
    st.sampled_from([PROGRAM, "/* ", "*/", '"', "'", "\n", "@x", "°", " -- ls", "#", ":", "{", "\\", " "])
)


@given(PIECES)
def test_the_pieces_are_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    assert "".join(piece for _, piece in paint(text)) == text


def styles(text: str) -> dict[str, str]:
    return {piece: style for style, piece in paint(text)}


def test_colours_are_those_of_the_tokens() -> None:
    found = styles('kprobe:SyS_read { @a[comm].sum((u32)arg(2)); delete @b; x = "t" } # why')
    assert found["kprobe:SyS_read"] == "probe"
    assert found["@a"] == found["@b"] == "map"
    assert found["comm"] == found["sum"] == found["arg"] == "builtin"
    assert found["u32"] == "type"
    assert found["delete"] == "keyword"
    assert found['"t"'] == "string"
    assert found["# why"] == "comment"
    assert found["2"] == "number"
    assert found["x"] == ""


def test_what_does_not_fit_is_marked_and_the_rest_has_its_colours() -> None:
    found = styles("kprobe:x { @a[ ] pid }")
    assert found["]"] == "wrong"
    assert found["pid"] == "builtin"


def test_what_is_being_typed_is_not_marked() -> None:
    assert styles("kpro") == {"kpro": ""}
    assert styles('BEGIN { print("hel')['"hel'] == "string"
    assert styles("BEGIN { exit() } /* wh")["/* wh"] == "comment"


def test_a_command() -> None:
    assert paint(" :maps @x") == [("", " "), ("command", ":maps"), ("", " @x")]
    assert ("command", "--") in paint(f"{PROGRAM} -- dd")

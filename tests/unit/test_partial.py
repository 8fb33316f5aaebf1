"""Unfinished text: whether more could make a program of it, what may come next, and the tokens of wrong text."""

import pytest
from plytrace.grammar.failure import END, UNKNOWN
from plytrace.grammar.parser import lexemes_anywhere, parse_partly, spellings

FINISHED = [
    "BEGIN { exit() }",
    "kprobe:SyS_read { @.count() }  # done",
    "kprobe:SyS_read / arg(2) > 1024 / < @.count() >",
    "kprobe:SyS_read if (pid == 1) @.count()",
    "kprobe:x { @.count() }\nkretprobe:x { @.count() }\n",
]
OPEN = [
    "",
    "  # a comment",
    "kprobe:SyS_read",
    "kprobe:SyS_read,",
    "kprobe:SyS_read {",
    "kprobe:SyS_read { @.count(",
    "kprobe:SyS_read / pid == 1 /",
    "kprobe:SyS_read if (pid == 1)",
    "const LARGE = 4k",
    "kprobe:SyS_read { if (pid) {",
    "BEGIN { exit() } /* more",
    "BEGIN { exit() } /* kprobe:x { @.count(",
]
WRONG = ["}", "kprobe:SyS_read { @[ }", 'BEGIN { printf("x', "BEGIN { exit() } }", "kprobe:SyS_read { ° ", "kpro"]


@pytest.mark.parametrize("text", FINISHED)
def test_a_program_is_finished(text: str) -> None:
    found = parse_partly(text)
    assert found.finished
    assert not found.open
    assert found.stop is None


@pytest.mark.parametrize("text", OPEN)
def test_more_text_could_make_a_program_of_it(text: str) -> None:
    found = parse_partly(text)
    assert found.open
    assert not found.finished


@pytest.mark.parametrize("text", WRONG)
def test_more_text_cannot_save_it(text: str) -> None:
    found = parse_partly(text)
    assert not found.open
    assert not found.finished
    assert found.stop is not None


def test_every_part_of_a_program_is_open_or_finished() -> None:
    """No cut makes it wrong, but those that leave a word or text that no token is made of."""
    program = "kprobe:SyS_read / arg(2) > 1024 / { @[pid].quantize(arg(2)); delete @[1] }"
    cuts = [program[:end] for end in range(1, len(program))]
    wrong = [cut for cut in cuts if not (parse_partly(cut).open or parse_partly(cut).finished)]
    assert wrong == [cut for cut in cuts if ":S" not in cut]


def test_what_may_come_next() -> None:
    start = parse_partly("").expected
    assert {"PROBE", "_CONST", "_LET"} <= start
    assert {"LBRACE", "NAME", END} & start == set()
    assert parse_partly("BEGIN { exit() }").expected == {END, *start}
    assert parse_partly("BEGIN { @.").expected == {"NAME", "POSITION"}


def test_what_else_could_stand_where_a_word_is_typed() -> None:
    assert parse_partly("BEGIN { @.cou").alternatives == {"NAME", "POSITION"}
    assert parse_partly("BEGIN { @.cou ").alternatives == set()


def test_words_of_the_grammar() -> None:
    assert spellings("JUMP") == ("break", "continue", "return")
    assert spellings("DELETE") == ("delete",)
    assert spellings("_IF") == ("if",)
    assert spellings("NAME") == spellings("LBRACE") == spellings(END) == ()


def test_tokens_of_wrong_text() -> None:
    found = list(lexemes_anywhere("kprobe:x } @a ° pid # c", 9))
    assert [(lexeme.kind, lexeme.text) for lexeme in found] == [
        ("RBRACE", "}"),
        ("MAP", "@a"),
        (UNKNOWN, "°"),
        ("NAME", "pid"),
    ]
    assert [lexeme.span.start for lexeme in found] == [9, 11, 14, 16]


def test_a_string_that_is_not_closed_ends_with_its_line() -> None:
    assert [lexeme.text for lexeme in lexemes_anywhere('"one { \npid', 0)] == ['"one { ', "pid"]

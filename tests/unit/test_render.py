"""What a diagnostic looks like, that carets stand where they should, and that nothing hostile gets through."""

import unicodedata

import pytest
from plytrace.grammar.diagnostic import Diagnostic, Label
from plytrace.grammar.render import render, suggest
from plytrace.grammar.source import Source, Span


def at(text: str, part: str, **more: object) -> tuple[Diagnostic, Source]:
    start = text.index(part)
    return Diagnostic("code", "message", Span(start, start + len(part))), Source("<program>", text)


def test_layout() -> None:
    source = Source("<program>", "kprobe:SyS_read { @[cmm()].count() }")
    diagnostic = Diagnostic("unknown-function", "unknown function `cmm`", Span(20, 25), "did you mean `comm`?")
    assert render(diagnostic, source).split("\n") == [
        "error[unknown-function]: unknown function `cmm`",
        " --> <program>:1:21",
        "  |",
        "1 | kprobe:SyS_read { @[cmm()].count() }",
        "  |                     ^^^^^",
        "  = help: did you mean `comm`?",
    ]


def test_labels_notes_and_further_lines() -> None:
    source = Source("x.ply", "a b\n" * 9 + "cc d\n")
    diagnostic = Diagnostic(
        "code", "m", Span(39, 40), "one\ntwo", (Label(Span(0, 1), "first"), Label(Span(36, 38), "same")), ("why",)
    )
    assert render(diagnostic, source).split("\n") == [
        "error[code]: m",
        "  --> x.ply:10:4",
        "   |",
        " 1 | a b",
        "   | - first",
        "...",
        "10 | cc d",
        "   |    ^",
        "   | -- same",
        "   = note: why",
        "   = help: one",
        "           two",
    ]


def test_without_a_place() -> None:
    assert render(Diagnostic("code", "m", None, "h"), None) == "error[code]: m\n = help: h"
    assert render(Diagnostic("code", "m", Span(3, 4)), None) == "error[code]: m"
    assert render(Diagnostic("code", "m"), Source("x", "text")) == "error[code]: m"


@pytest.mark.parametrize(
    ("text", "span"), [("", Span(0, 0)), ("ab", Span(2, 2)), ("a\n", Span(2, 2)), ("a\r\nb", Span(1, 1))]
)
def test_end_of_a_line_and_of_the_text(text: str, span: Span) -> None:
    shown = render(Diagnostic("c", "m", span), Source("x", text)).split("\n")
    assert shown[-1].endswith("^") and shown[-1].count("^") == 1


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@pytest.mark.parametrize(
    "before", ["", "\t", "a\tb\t", "漢字 ", "\x1b[2J", "e\u0301", "\u202e", "\ud800", "\x9b1m", "🙂"]
)
def test_caret_stands_under_its_place(before: str) -> None:
    *_, line, carets = render(*at(before + "HERE after", "HERE")).split("\n")
    marked = line[: line.index("HERE")].replace("\u0301", "")
    assert columns(marked) == carets.index("^")
    assert carets.count("^") == 4


def test_nothing_drives_the_terminal() -> None:
    hostile = "a\x1b[31m\x07\x9b2J\u202e\u2028\x00\r\u200b\x7f\U000e0001"
    diagnostic = Diagnostic("code", hostile, Span(0, 1), hostile, (Label(Span(2, 3), hostile),), (hostile,))
    shown = render(diagnostic, Source(hostile, hostile + "\n" + hostile))
    assert all(character.isprintable() for character in shown.replace("\n", ""))
    assert "\\x1b[31m\\x07\\x9b2J\\u202e\\u2028\\x00\\x0d\\u200b\\x7f\\U000e0001" in shown


@pytest.mark.parametrize(
    "text", ["HERE" + "x" * 9000, "x" * 9000 + "HERE", "x" * 4500 + "HERE" + "漢" * 4500, "\t" * 999 + "HERE"]
)
def test_long_lines_are_cut_around_the_place(text: str) -> None:
    *_, line, carets = render(*at(text, "HERE")).split("\n")
    assert columns(line) <= 112 and "..." in line
    assert columns(line[: line.index("HERE")]) == carets.index("^")


def test_a_place_longer_than_the_line_and_one_over_several_lines() -> None:
    *_, line, carets = render(Diagnostic("c", "m", Span(0, 9000)), Source("x", "y" * 9000)).split("\n")
    assert len(line) <= 112 and carets.endswith("^" * 100)
    *_, line, carets = render(Diagnostic("c", "m", Span(2, 9)), Source("x", "abcd\nefgh\n")).split("\n")
    assert (line, carets) == ("1 | abcd", "  |   ^^")


def test_colour_only_adds_escapes() -> None:
    diagnostic, source = at("a HERE b", "HERE")
    shown = render(diagnostic, source, colour=True)
    for escape in ("\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"):
        assert escape in shown
        shown = shown.replace(escape, "")
    assert shown == render(diagnostic, source)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cmm", "comm"),
        ("comn", "comm"),
        ("COMM", "comm"),
        ("pdi", "pid"),
        ("prinft", "printf"),
        ("SyS_raed", "SyS_read"),
        ("retvla", "retval"),
        ("x", ""),
        ("", ""),
        ("something", ""),
        ("pid", "tid"),
    ],
)
def test_suggest(name: str, expected: str) -> None:
    assert suggest(name, ["comm", "pid", "tid", "printf", "print", "retval", "SyS_read", "y"]) == expected
    assert suggest(name, []) == ""

"""Which colour each piece of a text has, by the tokens of the one grammar; text may be unfinished, or wrong.

    paint("BEGIN { @ = 1 }")  ->  [("probe", "BEGIN"), ("", " "), ("", "{"), ("", " "), ("map", "@"), ...]

What does not fit is marked, unless it is the word that is just being typed.
"""

from collections.abc import Iterator
from functools import cache

from ...compiler.registry import aggregations, functions
from ...grammar.failure import UNKNOWN, Lexeme
from ...grammar.parser import lexemes_anywhere, parse_partly
from .text import command_start, is_command

Piece = tuple[str, str]
"""A style's name, "" for none, and the text."""

_STYLES = {"PROBE": "probe", "MAP": "map", "NUMBER": "number", "POSITION": "number", "STRING": "string",
           "CHARACTER": "string", "PARAMETER": "parameter", "TYPE": "type"}  # fmt: skip


def paint(text: str) -> list[Piece]:
    """The pieces, in order; together they are the text."""
    if is_command(text):
        name = text.split(maxsplit=1)[0]
        start = text.index(name)
        return [("", text[:start]), ("command", name), ("", text[start + len(name) :])]
    dashes = command_start(text)
    if dashes >= 0:
        return [*paint(text[:dashes]), ("command", "--"), ("", text[dashes + 2 :])]
    pieces: list[Piece] = []
    end = 0
    for style, lexeme in _styled(text):
        if lexeme.span.start > end:
            pieces += _between(text[end : lexeme.span.start])
        pieces.append((style, text[max(end, lexeme.span.start) : lexeme.span.end]))
        end = max(end, lexeme.span.end)
    return [*pieces, *_between(text[end:])]


def _styled(text: str) -> Iterator[tuple[str, Lexeme]]:
    found = parse_partly(text)
    yield from ((_style(lexeme), lexeme) for lexeme in found.lexemes)
    if found.stop is not None:
        for lexeme in lexemes_anywhere(text, found.stop.span.start):
            typed = lexeme.span.end == len(text)
            yield ("wrong" if lexeme.span.start == found.stop.span.start and not typed else _style(lexeme)), lexeme


def _style(lexeme: Lexeme) -> str:
    if lexeme.kind == UNKNOWN:
        return "comment" if lexeme.text.startswith("/*") else "string" if lexeme.text[0] in "\"'" else "wrong"
    if lexeme.kind == "NAME":
        return "builtin" if lexeme.text in _builtins() else ""
    if lexeme.kind in _STYLES:
        return _STYLES[lexeme.kind]
    return "keyword" if lexeme.text.isalpha() else ""


@cache
def _builtins() -> frozenset[str]:
    return frozenset({*functions(), *aggregations()})


def _between(text: str) -> list[Piece]:
    """What no token has: blanks, and comments, which are all that is not blank."""
    if not text.strip():
        return [("", text)] if text else []
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    return [piece for piece in (("", text[:start]), ("comment", text[start:end]), ("", text[end:])) if piece[1]]

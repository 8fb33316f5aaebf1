"""The bytes of a string or character as written: `"a\\x41\\n"` -> b"aA\\n", `'a'` -> 97.

Escapes are C's (with `\\e` for ESC); text is UTF-8.
"""

import re

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.source import Span
from .ast import IntLiteral, StringLiteral

SIMPLE = {
    "n": b"\n",
    "t": b"\t",
    "r": b"\r",
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "v": b"\v",
    "e": b"\x1b",
    "\\": b"\\",
    '"': b'"',
    "'": b"'",
    "?": b"?",
    "\n": b"",
}
PIECE = re.compile(r"[^\\]+|\\x[0-9A-Fa-f]{1,2}|\\[0-7]{1,3}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\(?s:.)")
ESCAPE_HELP = {
    "x": "`\\x` takes one or two hexadecimal digits: `\\x1b`",
    "u": "`\\u` takes four hexadecimal digits: `\\u263a`",
    "U": "`\\U` takes eight hexadecimal digits: `\\U0001f600`",
}


def string(span: Span, text: str) -> StringLiteral:
    """The literal for a STRING token; raises `CompileError` with every escape that is wrong."""
    return StringLiteral(span, _decode(span, text))


def character(span: Span, text: str) -> IntLiteral:
    """The literal for a CHARACTER token: its one byte."""
    value = _decode(span, text)
    if len(value) == 1:
        return IntLiteral(span, value[0])
    if not value:
        raise CompileError(Diagnostic("empty-character", "this character is empty", span, help="write it as `'a'`"))
    size = f"{len(value)} bytes" if len(text) > 3 else f"{len(value)} bytes in UTF-8"
    raise CompileError(
        Diagnostic(
            "long-character",
            f"a character is one byte, and this is {size}",
            span,
            help="text goes between double quotes",
        )
    )


def _decode(span: Span, text: str) -> bytes:
    """The bytes between the quotes."""
    pieces, wrong = [], []
    for match in PIECE.finditer(text, 1, len(text) - 1):
        value = _piece(match[0])
        if value is None:
            wrong.append(_bad_escape(Span(span.start + match.start(), span.start + match.end()), match[0]))
        else:
            pieces.append(value)
    if wrong:
        raise CompileError(*wrong)
    return b"".join(pieces)


def _piece(piece: str) -> bytes | None:
    """The bytes of plain text or of one escape, or None when there is no such escape."""
    if piece[0] != "\\":
        return piece.encode()
    kind, digits = piece[1], piece[2:]
    if kind in "01234567":
        return _byte(int(piece[1:], 8))
    if kind == "x" and digits:
        return _byte(int(digits, 16))
    if kind in "uU" and digits:
        return _code_point(int(digits, 16))
    return SIMPLE.get(kind)


def _byte(value: int) -> bytes | None:
    return bytes([value]) if value < 256 else None


def _code_point(value: int) -> bytes | None:
    """UTF-8 of a code point; half of a surrogate pair is none."""
    return None if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF else chr(value).encode()


def _bad_escape(span: Span, escape: str) -> Diagnostic:
    if len(escape) > 2:
        what = "byte" if escape[1] in "01234567" else "character"
        return Diagnostic("bad-escape", f"`{escape}` is not a {what}", span, help="octal escapes end at `\\377`")
    help = ESCAPE_HELP.get(escape[1], "write `\\\\` for a backslash; escapes are those of C, such as `\\n` and `\\x1b`")
    return Diagnostic("bad-escape", f"there is no escape `{escape}`", span, help)

"""Text of traced programs cannot drive the terminal, and two texts never look the same."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.runtime.escape import columns, escape, escape_ascii, quoted

SURROGATES = st.integers(0xD800, 0xDFFF).map(chr)
TRICKY = st.sampled_from(list('\\xuU19af"\x1b\x7f\x9b\u202e\u2028\udcff\udc80é日'))
TEXTS = st.text(st.characters() | SURROGATES | TRICKY) | st.lists(TRICKY).map("".join)
DANGEROUS = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"}


def unescape(shown: str) -> str:
    """What a reader who knows the rules makes of an escaped text."""

    def character(found: re.Match[str]) -> str:
        escaped = found[1]
        if escaped[0] == "x":
            code = int(escaped[1:], 16)
            return chr(code) if code < 0x80 else chr(0xDC00 + code)
        return "\\" if escaped == "\\" else chr(int(escaped[1:], 16))

    return re.sub(r"\\(\\|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})", character, shown)


@settings(deadline=None)
@given(TEXTS)
def test_nothing_dangerous_is_left(text: str) -> None:
    assert not {unicodedata.category(character) for character in escape(text)} & DANGEROUS
    assert not {unicodedata.category(character) for character in quoted(text)} & DANGEROUS


@settings(deadline=None)
@given(TEXTS)
def test_ascii_is_ascii(text: str) -> None:
    for shown in (escape_ascii(text), quoted(text, ascii_only=True)):
        assert shown.isascii() and shown.isprintable()


@settings(deadline=None)
@given(TEXTS)
def test_a_reader_gets_the_text_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert unescape(escape_ascii(text)) == text
    assert unescape(quoted(text)[1:-1].replace('\\"', '"')) == text or '"' in text


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_different_texts_look_different(one: str, other: str) -> None:
    assert (escape(one) == escape(other)) == (one == other)
    assert (quoted(one) == quoted(other)) == (one == other)


@settings(deadline=None)
@given(st.binary())
def test_bytes_that_are_not_utf8_survive(raw: bytes) -> None:
    text = raw.decode("utf-8", "surrogateescape")
    assert unescape(escape(text)).encode("utf-8", "surrogateescape") == raw


def test_what_is_escaped_how() -> None:
    assert escape("a\x1b[31m\n\x7f") == "a\\x1b[31m\\x0a\\x7f"
    assert escape("\x9b\u202e\u2066\u2028") == "\\u009b\\u202e\\u2066\\u2028"
    assert escape("\udcff") == "\\xff"
    assert escape("\U000e0001") == "\\U000e0001"
    assert escape("été 日本 🙂") == "été 日本 🙂"
    assert escape_ascii("été") == "\\u00e9t\\u00e9"


def test_backslashes_are_doubled_only_where_they_mislead() -> None:
    assert escape("C:\\dir") == "C:\\dir"
    assert escape("\\x41") == "\\\\x41"
    assert escape("\\\x1b") == "\\\\\\x1b"
    assert quoted('say "\\"') == '"say \\"\\\\\\""'


def test_columns_of_wide_and_combining_characters() -> None:
    assert [columns(text) for text in ("abc", "日本", "e\u0301", "é")] == [3, 4, 1, 1]

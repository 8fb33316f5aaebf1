"""printf and print on values, checked against the C library's own printf."""

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.effects import Conversion
from plytrace.compiler.values import Fault, Frame, Stack
from plytrace.runtime.escape import escape
from plytrace.runtime.format import format_print, format_printf, printf
from plytrace.runtime.units import binary, duration

LIBC = ctypes.CDLL(None)
FLAGS = st.lists(st.sampled_from("-0+ #"), unique=True).map("".join)
WIDTHS = st.integers(0, 40)
PRECISIONS = st.integers(-1, 30)
LENGTHS = (("hh", 8), ("h", 16), ("", 32), ("l", 64), ("ll", 64), ("j", 64), ("z", 64), ("t", 64))
EDGES = (0, 1, -1, 7, 8, 255, 2**31, -(2**31), 2**32, 2**63 - 1, 2**63, -(2**63), 2**64 - 1)
NUMBERS = st.sampled_from(EDGES) | st.integers(-(2**63), 2**64 - 1)


def c_printf(conversion: Conversion, length: str, argument: object) -> str:
    precision = f".{conversion.precision}" if conversion.precision >= 0 else ""
    template = f"%{conversion.flags}{conversion.width or ''}{precision}{length}{conversion.kind}"
    buffer = ctypes.create_string_buffer(256)
    LIBC.snprintf(buffer, ctypes.c_size_t(256), template.encode(), argument)
    return buffer.value.decode()


def one(kind: str, value: object, flags: str = "", width: int = 0, precision: int = -1) -> str:
    return format_printf((Conversion(flags, width, precision, kind),), (value,), escape)


@settings(deadline=None)
@given(FLAGS, WIDTHS, PRECISIONS, st.sampled_from("diuxXo"), NUMBERS)
def test_integers_print_as_in_c(flags: str, width: int, precision: int, kind: str, number: int) -> None:
    conversion = Conversion(flags, width, precision, kind)
    expected = c_printf(conversion, "ll", ctypes.c_ulonglong(number & (2**64 - 1)))
    assert format_printf((conversion,), (number,), escape) == expected


@settings(deadline=None)
@given(FLAGS, WIDTHS, PRECISIONS, st.sampled_from("diuxXo"), st.sampled_from(LENGTHS), NUMBERS)
def test_lengths_cut_numbers_as_in_c(
    flags: str, width: int, precision: int, kind: str, length: tuple[str, int], number: int
) -> None:
    conversion = Conversion(flags, width, precision, kind, length[1])
    expected = c_printf(conversion, length[0], ctypes.c_ulonglong(number & (2**64 - 1)))
    assert format_printf((conversion,), (number,), escape) == expected


@settings(deadline=None)
@given(FLAGS, WIDTHS, PRECISIONS, st.sampled_from("eEfFgG"), NUMBERS)
def test_decimal_points_print_as_in_c(flags: str, width: int, precision: int, kind: str, number: int) -> None:
    conversion = Conversion(flags, width, precision, kind)
    expected = c_printf(conversion, "", ctypes.c_double(number))
    assert format_printf((conversion,), (number,), escape) == expected


@settings(deadline=None)
@given(st.sampled_from(("", "-")), WIDTHS, st.integers(1, 2**64 - 1))
def test_pointers_print_as_in_c(flags: str, width: int, number: int) -> None:
    conversion = Conversion(flags, width, -1, "p")
    assert format_printf((conversion,), (number,), escape) == c_printf(conversion, "", ctypes.c_void_p(number))


@settings(deadline=None)
@given(st.sampled_from(("", "-")), WIDTHS, PRECISIONS, st.text(st.characters(min_codepoint=32, max_codepoint=91)))
def test_strings_print_as_in_c(flags: str, width: int, precision: int, text: str) -> None:
    conversion = Conversion(flags, width, precision, "s")
    expected = c_printf(conversion, "", ctypes.c_char_p(text.encode()))
    assert format_printf((conversion,), (text,), escape) == expected


@settings(deadline=None)
@given(st.sampled_from(("", "-")), WIDTHS, st.integers(32, 126).filter(lambda code: chr(code) != "\\"))
def test_characters_print_as_in_c(flags: str, width: int, code: int) -> None:
    conversion = Conversion(flags, width, -1, "c")
    assert format_printf((conversion,), (code + 256,), escape) == c_printf(conversion, "", ctypes.c_int(code))


def test_wrap_at_64_bits() -> None:
    assert one("d", 2**64 - 1) == "-1"
    assert one("u", -1) == "18446744073709551615"
    assert one("x", -1) == "f" * 16
    assert one("d", -(2**63)) == "-9223372036854775808"


def test_a_null_pointer_is_a_number() -> None:
    assert one("p", 0) == "0x0"


def test_the_program_of_the_talk() -> None:
    pieces = (Conversion("", 16, -1, "s"), "(", Conversion("", 5, -1, "d"), "): ", Conversion("", 0, -1, "s"), "\n")
    assert format_printf(pieces, ("bash", 77, "/etc/motd"), escape) == "            bash(   77): /etc/motd\n"


def test_literal_pieces_are_trusted_and_values_are_not() -> None:
    pieces = ("\x1b[1m100%\n", Conversion("", 0, -1, "s"))
    assert format_printf(pieces, ("\x1b[2J",), escape) == "\x1b[1m100%\n\\x1b[2J"
    assert format_printf(pieces, ("\x1b[2J",), str) == "\x1b[1m100%\n\x1b[2J"


def test_bytes_and_characters_beyond_ascii() -> None:
    assert one("c", 0x1B) == "\\x1b"
    assert one("c", 0xC3) == "\\xc3"
    assert one("s", "日本", width=6) == "  日本"


def test_raw_bytes_show_as_text_with_escapes() -> None:
    assert one("r", b"GET /\r\n\xff") == "GET /\\x0d\\x0a\\xff"
    assert one("r", b"abcdef", width=5, precision=3) == "  abc"
    assert one("r", "a\x00b") == "a\\x00b"
    assert one("r", Fault()) == "<fault>"


def test_precision_cuts_before_escaping() -> None:
    assert one("s", "\x1babc", precision=2) == "\\x1ba"


def test_values_that_do_not_fit_their_conversion_show_themselves() -> None:
    assert one("d", Fault(), width=9) == "  <fault>"
    assert one("s", Fault(), flags="-", width=9, precision=2) == "<fault>  "
    assert one("x", "text") == "text"
    assert one("s", 42, width=4) == "  42"
    assert one("d", 2.9) == "2"
    assert one("c", "x\n") == "x\\x0a"


def test_any_value_in_its_natural_text() -> None:
    assert one("v", ("dd", 1021, (1, 2.5))) == "(dd, 1021, (1, 2.50))"
    assert one("v", b"\x00\xff") == "00 ff"
    stack = Stack((Frame(1, "schedule", 0x1A), Frame(0xFF)))
    assert one("v", stack, width=80) == "\n    schedule+0x1a\n    0xff"
    assert one("v", Stack((), "stack map full")) == "\n    <stack map full>"


def test_a_formatter_is_built_once_and_used_often() -> None:
    formatter = printf(("pid ", Conversion("", 0, -1, "d"), "\n"), escape)
    assert [formatter((1,)), formatter((2,))] == ["pid 1\n", "pid 2\n"]


def test_print_separates_by_commas() -> None:
    assert format_print(("a\x07", 3, Fault()), escape) == "a\\x07, 3, <fault>\n"


def test_durations_are_exact_unless_rounded() -> None:
    assert [duration(n) for n in (0, 999, 1000, 1234567, 10**9, 2**64 - 1)] == [
        "0ns",
        "999ns",
        "1us",
        "1.234567ms",
        "1s",
        "18446744073.709551615s",
    ]
    assert [duration(n, 3) for n in (1048576, -1234567, 134217728, 2**43)] == ["1.05ms", "-1.23ms", "134ms", "8796s"]


def test_binary_suffixes_are_exact_or_refused() -> None:
    assert [binary(n) for n in (0, 1023, 1024, 1536, -4096, 2**64)] == ["0", "1023", "1k", "1.5k", "-4k", "16E"]
    assert [binary(n) for n in (1025, 10**6)] == [None, None]

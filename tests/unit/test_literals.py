"""Numbers, characters and strings as written, and the values that they become."""

import pytest
from plytrace.compiler.ast import Evaluate, Expression, IntLiteral, StringLiteral
from plytrace.compiler.build_ast import build_ast
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.parser import parse
from plytrace.grammar.source import Source


def expression(text: str) -> Expression:
    source = Source("<program>", "BEGIN {" + text + "}")
    (statement,) = build_ast(source, parse(source)).clauses[0].body
    assert isinstance(statement, Evaluate)
    return statement.expression


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("0", 0, ""),
        ("10", 10, ""),
        ("0x1F", 31, ""),
        ("0X_ff", 255, ""),
        ("0o17", 15, ""),
        ("017", 15, ""),
        ("00", 0, ""),
        ("0b1_01", 5, ""),
        ("1_000_000", 1000000, ""),
        ("1e6", 1000000, ""),
        ("5E0", 5, ""),
        ("0e999999999999", 0, ""),
        ("1e3ms", 10**9, "ns"),
        ("10ns", 10, "ns"),
        ("10us", 10_000, "ns"),
        ("10ms", 10_000_000, "ns"),
        ("10s", 10**10, "ns"),
        ("1m", 60 * 10**9, "ns"),
        ("1h", 3600 * 10**9, "ns"),
        ("4k", 4096, ""),
        ("4K", 4096, ""),
        ("1M", 1 << 20, ""),
        ("1G", 1 << 30, ""),
        ("512B", 512, "bytes"),
        ("0B", 0, "bytes"),
        ("4KiB", 4096, "bytes"),
        ("4kB", 4096, "bytes"),
        ("1MiB", 1 << 20, "bytes"),
        ("1GiB", 1 << 30, "bytes"),
        ("18446744073709551615", 2**64 - 1, ""),
        ("0xffff_ffff_ffff_ffff", 2**64 - 1, ""),
        ("0" * 5000 + "7", 7, ""),
        ("'a'", 97, ""),
        ("'\\n'", 10, ""),
        ("'\\''", 39, ""),
        ("'\"'", 34, ""),
        ("'\\xff'", 255, ""),
        ("'\\0'", 0, ""),
    ],
)
def test_numbers(text: str, value: int, unit: str) -> None:
    literal = expression(text)
    assert isinstance(literal, IntLiteral)
    assert (literal.value, literal.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"", b""),
        (r"a\n\t\r\a\b\f\v\e\\\"\'\?", b"a\n\t\r\a\b\f\v\x1b\\\"'?"),
        (r"\0\12\1234\x41Bc\x4g", b"\0\n" + b"S4" + b"ABc" + b"\x04g"),
        (r"\u263a\U0001f600☺", "☺😀☺".encode()),
        ("a\\\nb", b"ab"),
        ("# // /* { } /", b"# // /* { } /"),
    ],
)
def test_strings(text: str, value: bytes) -> None:
    literal = expression(f'"{text}"')
    assert isinstance(literal, StringLiteral)
    assert literal.value == value


@pytest.mark.parametrize(
    "text", ["9" * 100_000, "1" + "0" * 30 + "_0", "0x" + "f" * 5000, "1e" + "9" * 5000, "99999999999G"]
)
def test_integers_too_large_cost_nothing(text: str) -> None:
    with pytest.raises(CompileError) as caught:
        expression(f"f({text})")
    assert [problem.code for problem in caught.value.diagnostics] == ["integer-too-large"]

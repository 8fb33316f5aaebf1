"""Values of the language against what a C program prints for the same expressions, where the language promises C's."""

import subprocess
from collections.abc import Callable

import pytest
from harness import Ply, compiled

NUMBERS = {"a": -7, "b": 2, "c": 0x1122334455667788, "d": -1, "e": 200}
"""`long long` in C; here, variables out of a map, which no compiler can know beforehand."""
EXPRESSIONS = [
    "a / b", "a % b", "b / a", "b % a", "a / -b", "a % -b", "c / a", "c % a",
    "a >> 1", "a << 3", "(u64)a >> 1", "c >> 33", "c << 7", "(u64)d >> 63",
    "a < b", "(u64)a < (u64)b", "a < (u64)b", "(s64)a < (s64)b", "d > (u32)b", "(u32)d > b", "(u64)d > b",
    "(u8)e", "(s8)e", "(u16)c", "(s16)c", "(u32)c", "(s32)c", "(u8)a", "(s8)c", "(u8)e + (u8)e",
    "a + b * c", "a * b - c", "-a * b", "~c & e", "c ^ d | b", "c & 0xff00 | e", "!a + !0", "a && 0 || b",
    "a == -7 ? c : d", "a ? (u64)d : b", "1 < b == 1", "a < b < 3", "b & 3 == 2", "-a - -b", "a - b - c", "c * c",
    "'a' + '\\n'", "sizeof(u16) * e", "0x7fffffffffffffff + b",
]  # fmt: skip
CONVERSIONS = [
    "%hhd", "%hhu", "%hhx", "%hd", "%hu", "%hx", "%x", "%lx", "%llx", "%lX", "%#lx", "%lo", "%#lo", "%ld", "%lu",
    "%20ld", "%-20ld|", "%020ld", "%+ld", "% ld", "%.3ld", "%20.8lx", "%-#20lx|", "%c",
]  # fmt: skip
SHOWN = [0x41, 200, -7, 0x1122334455667741, -1, 0]
STRINGS = ["", "a", "ab", "b", "abc\\x80", "abcdefgh", "abcdefghi", "ABC"]
TYPES = "typedef unsigned char u8; typedef signed char s8; typedef unsigned short u16; typedef short s16;" \
        "typedef unsigned int u32; typedef int s32; typedef unsigned long u64; typedef long s64;"  # fmt: skip

Prints = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def c_prints(tmp_path_factory: pytest.TempPathFactory) -> Prints:
    """A function from statements of C to the lines that they print."""

    def run(body: str) -> list[str]:
        folder = tmp_path_factory.mktemp("c")
        head = f"#include <stdio.h>\n#include <string.h>\n{TYPES}\nint main(void) {{ {body} }}"
        source = folder / "answers.c"
        source.write_text(head)
        answers = compiled(source, folder / "answers", "-w", "-fwrapv")
        return subprocess.run([answers], stdout=subprocess.PIPE, check=True, text=True).stdout.split("\n")

    return run


def test_expressions(ply: Ply, c_prints: Prints) -> None:
    """The low 64 bits of each, printed in hexadecimal."""
    variables = "".join(f"volatile long {name} = {value}L;" for name, value in NUMBERS.items())
    wanted = c_prints(variables + "".join(f'printf("%lx\\n", (long)({text}));' for text in EXPRESSIONS))
    setup = "".join(f"@{name} = {value}; {name} = @{name};" for name, value in NUMBERS.items())
    prints = "".join(f'printf("%lx\\n", {text});' for text in EXPRESSIONS)
    found = ply("-c", f"BEGIN {{ {setup} {prints} exit(); }}").stdout.split("\n")
    assert dict(zip(EXPRESSIONS, found, strict=False)) == dict(zip(EXPRESSIONS, wanted, strict=False))


def test_widths_flags_and_precision(ply: Ply, c_prints: Prints) -> None:
    pairs = [(conversion, value) for conversion in CONVERSIONS for value in SHOWN if conversion != "%c" or value > 32]
    pairs = [(conversion, value) for conversion, value in pairs if conversion != "%c" or value == 0x41]
    wanted = c_prints("".join(f'printf("{conversion}\\n", {value}L);' for conversion, value in pairs))
    prints = "".join(f'printf("{conversion}\\n", {value});' for conversion, value in pairs)
    found = ply("-c", f"BEGIN {{ {prints} exit(); }}").stdout.split("\n")
    assert dict(zip(pairs, found, strict=False)) == dict(zip(pairs, wanted, strict=False))


def test_order_of_strings(ply: Ply, c_prints: Prints) -> None:
    pairs = [(one, other) for one in STRINGS for other in STRINGS]
    compared = 'int r = strcmp("{}", "{}"); printf("%d %d %d %d %d\\n", r < 0, r <= 0, r == 0, r > 0, r >= 0);'
    wanted = c_prints("".join("{" + compared.format(*pair) + "}" for pair in pairs))
    answers, clauses = ", ".join(f'x {operator} "{{0}}"' for operator in ("<", "<=", "==", ">", ">=")), []
    for one in STRINGS:
        row = "".join(f'printf("%d %d %d %d %d\\n", {answers.format(other)});' for other in STRINGS)
        clauses.append(f'BEGIN {{ @s = "{one}"; x = @s; {row} }}')
    found = ply("-c", "\n".join([*clauses, "BEGIN { exit(); }"])).stdout.split("\n")
    assert dict(zip(pairs, found, strict=False)) == dict(zip(pairs, wanted, strict=False))

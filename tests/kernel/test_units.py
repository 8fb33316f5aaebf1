"""Times and sizes keep their unit on the way from a literal or a builtin to what people read; programs get numbers."""

import re

import pytest
from harness import Ply

pytestmark = pytest.mark.anywhere


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("10ms", "10ms"),
        ("4KiB", "4096B"),
        ("10ms + 1us", "10.001ms"),
        ("1us + 500", "1.5us"),
        ("10ms - 11ms", "-1ms"),
        ("3 * 10ms", "30ms"),
        ("10ms / 4", "2.5ms"),
        ("10ms / 1us", "10000"),
        ("10ms * 10ms", "100000000000000"),
        ("10ms + 4KiB", "10004096"),
        ("max(1ms, 2s)", "2s"),
        ("min(1ms, 2s)", "1ms"),
        ("1 ? 2ms : 3ms", "2ms"),
        ("abs(-5us)", "5us"),
        ("(u64)10ms", "10000000"),
        ('(1us, 3, "a", (4KiB, 5))', "(1us, 3, a, (4096B, 5))"),
    ],
)
def test_through_an_expression(ply: Ply, expression: str, shown: str) -> None:
    program = f'BEGIN {{ $x = {expression}; let y = $x; print({expression}, $x, y); printf("%v\\n", y); exit() }}'
    assert ply("-c", program).stdout == f"{shown}, {shown}, {shown}\n{shown}\n"


def test_builtins_and_typed_variables(ply: Ply) -> None:
    program = "BEGIN { let u64 x = elapsed; let u64 y = time - (time - 3us) + 1ms; print(x, y > 1ms); exit() }"
    assert re.fullmatch(r"[\d.]+(ns|us|ms|s), 1\n", ply("-c", program).stdout)
    assert re.fullmatch(r"\d+ \d+\n", ply("-c", 'BEGIN { printf("%d %u\\n", elapsed, time); exit() }').stdout)


MAPS = """BEGIN {
    @key[1500us, "y"] = 10B; @key[10ms, "x"] = 4KiB; @tuple[(1ms, 2)] = (3ms, 4, 5B);
    @sum[1].sum(1500us); @avg[1].avg(1ms); @avg[1].avg(2ms); @max.max(2ms); @count[1s].count(); @distinct.distinct(1ms);
    @time[1s].quantize(5us); @size.quantize(5KiB); @line.lquantize(5KiB, 0, 100KiB, 10KiB); 
    @fraction.lquantize(10B, 0, 30B, 10B); exit()
}"""


def test_through_maps_to_keys_values_and_labels(ply: Ply) -> None:
    shown = ply("-c", MAPS).stdout
    maps = {name: lines for name, lines in re.findall(r"^@(\w+):(.*?)(?=\n\n|\Z)", shown, re.MULTILINE | re.DOTALL)}
    rows = {name: [" ".join(line.split()) for line in lines.strip().splitlines()] for name, lines in maps.items()}
    assert rows["key"] == ["1.5ms, y: 10B", "10ms, x: 4096B"]
    assert rows["tuple"] == ["(1ms, 2): 3ms, 4, 5B"]
    assert rows["sum"] == ["1: 1.5ms"] and rows["avg"] == ["1: 1.5ms"] and rows["max"] == ["2ms"]
    assert rows["count"] == ["1s: 1"] and rows["distinct"] == ["1"]
    labels = [
        maps[name].strip().splitlines()[-1].split(")")[0].replace(" ", "")
        for name in ("time", "size", "line", "fraction")
    ]
    assert labels == ["[4.1us,8.19us", "[4KiB,8KiB", "[0,10KiB", "[10B,20B"]


def test_programs_get_plain_numbers(ply: Ply) -> None:
    result = ply.json("-c", MAPS)
    assert result.rows("@key") == {(1500000, "y"): 10, (10000000, "x"): 4096}
    assert result.value("@size")["buckets"] == [{"min": 4096, "max": 8191, "count": 1}]
    assert "@key,1500000,y,10\n" in ply("-f", "csv", "-c", MAPS).stdout

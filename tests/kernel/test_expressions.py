"""What expressions are worth, computed in the kernel: from values in maps, which no compiler can know beforehand."""

import pytest
from harness import Ply

LOWEST, HIGHEST, ALL_ONES = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
SIGNED = {"zero": 0, "one": 1, "two": 2, "seven": 7, "minus": -1, "minus7": -7, "low": LOWEST, "high": HIGHEST}
UNSIGNED = {"ones": ALL_ONES, "top": 1 << 63}

EXPRESSIONS = {
    # arithmetic, as C has it; what overflows wraps round
    "@seven + @two * @two": 11,
    "(@seven + @two) * @two": 18,
    "@seven - @two - @one": 4,
    "@seven / @two": 3,
    "@minus7 / @two": -3,
    "@seven % @two": 1,
    "@minus7 % @two": -1,
    "-@seven": -7,
    "@high + @one": LOWEST,
    "@low - @one": HIGHEST,
    "@low / @minus": LOWEST,
    "@low % @minus": 0,
    "@ones / @two": HIGHEST,
    "@ones % @seven": ALL_ONES % 7,
    "@high * @two": -2,
    # by zero, as BPF has it
    "@seven / @zero": 0,
    "@minus7 / @zero": 0,
    "@seven % @zero": 7,
    "@minus7 % @zero": -7,
    # bits
    "@seven & @two": 2,
    "@one | @two": 3,
    "@seven ^ @two": 5,
    "~@seven": -8,
    "@one << @two": 4,
    "@minus7 >> @one": -4,
    "@top >> @two": 1 << 61,
    "@ones >> 63": 1,
    # comparison: signed unless one side is unsigned
    "@minus < @one": 1,
    "@minus > @one": 0,
    "@low < @high": 1,
    "@ones > @one": 1,
    "@ones < @one": 0,
    "@minus == @ones": 1,
    "@seven >= 7": 1,
    "@seven <= 6": 0,
    "@seven != 7": 0,
    "@minus < 0": 1,
    "@top > 0": 1,
    # logic: one or zero
    "!@zero": 1,
    "!@seven": 0,
    "!!@seven": 1,
    "@seven && @two": 1,
    "@seven && @zero": 0,
    "@zero || @two": 1,
    "@zero || @zero": 0,
    "@seven ^^ @two": 0,
    "@seven ^^ @zero": 1,
    "@one || @zero && @zero": 1,
    "@one < @two == @one": 1,
    "@two & @two == @two": 0,  # C's precedence
    # choice
    "@seven ? @one : @two": 1,
    "@zero ? @one : @two": 2,
    "@zero ?: @two": 2,
    "@seven ?: @two": 7,
    "@zero ? 1 : @zero ? 2 : 3": 3,
    # strings
    '@text == "abc"': 1,
    '@text == "abcd"': 0,
    '@text == "ab"': 0,
    '@text == ""': 0,
    '@text != "abd"': 1,
    '@empty == ""': 1,
    '"abc" == @text': 1,
    "@text == @text": 1,
    "@text == @empty": 0,
    'comm == "ply"': 1,
    'comm != "ply"': 0,
    # maps: what is not there is zero
    '@keyed[1, "a"]': 11,
    '@keyed[1, "b"]': 12,
    '@keyed[2, "a"]': 0,
    '@keyed[@one, "a"] + @keyed[1, "b"]': 23,
    "@gone[1]": 0,
    "@gone[2]": 2,
    # literals
    "0x10 + 010 + 'a'": 16 + 8 + 97,
    "1KiB + 2ms": 2001024,
    "$#": 0,
}


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory, private_cache: None) -> dict[str, str]:
    """What `printf` shows of each expression, all from one run."""
    numbers = {**SIGNED, "low": "-9223372036854775807 - 1"}
    setting = "".join(f"@{name} = {value}; " for name, value in {**numbers, **UNSIGNED}.items())
    setting += '@text = "abc"; @empty = ""; @keyed[1, "a"] = 11; @keyed[1, "b"] = 12; '
    setting += "@gone[1] = 1; @gone[2] = 2; delete @gone[1]; "
    shown = "".join(f'printf("%d\\n", {expression}); ' for expression in EXPRESSIONS)
    ply = Ply(tmp_path_factory.mktemp("expressions"))
    result = ply.json("-c", f"BEGIN {{ {setting} }} BEGIN {{ {shown} exit() }}")
    return dict(zip(EXPRESSIONS, result.printed(), strict=True))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_value(values: dict[str, str], expression: str) -> None:
    assert values[expression] == f"{EXPRESSIONS[expression]}\n"


READ = 'str(1) == "x"'
"""A read of memory that is not there: it is counted, so it is known whether it took place."""


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        (f"@zero && {READ}", 0),
        (f"@one || {READ}", 0),
        (f"@one && {READ}", 1),
        (f"@zero || {READ}", 1),
        (f"@one ? 2 : {READ}", 0),
        (f"@zero ? {READ} : 2", 0),
        (f"@one ?: {READ}", 0),
        (f"@zero && {READ} && {READ}", 0),
        (f"({READ}) ^^ ({READ})", 2),
    ],
)
def test_only_what_is_needed_is_computed(ply: Ply, condition: str, reads: int) -> None:
    setting = "BEGIN { @zero = 0; @one = 1 }"
    program = f"{setting} BEGIN / {condition} / {{ @hit = 1 }} BEGIN {{ if ({condition}) @also = 1; exit() }}"
    result = ply.json("-c", program)
    assert sum(result.lost().values()) == 2 * reads
    assert result.value("@hit") == result.value("@also")


BRANCHES = """
BEGIN { @x[0] = 5; @x[1] = 15; @x[2] = 25; @x[3] = 35 }
BEGIN { if (@x[$1] < 10) { @branch = 1 } else if (@x[$1] < 20) @branch = 2; else if (@x[$1] < 30) { @branch = 3; }
        else { if (@x[$1] == 35) @branch = 4; @branch = @branch + 10 } exit() }
"""


@pytest.mark.parametrize(("number", "branch"), [(0, 1), (1, 2), (2, 3), (3, 14)])
def test_one_branch_is_taken(ply: Ply, number: int, branch: int) -> None:
    assert ply.json(BRANCHES, str(number)).value("@branch") == branch


def test_clauses_run_in_order_while_their_predicates_hold(ply: Ply) -> None:
    program = """BEGIN { @n = 1 } BEGIN / @n == 1 / { @n = @n * 3 } BEGIN / @n == 1 / { @n = 100 }
                 BEGIN if (@n == 3) @n = @n + 4; BEGIN { exit() }"""
    assert ply.json("-c", program).value("@n") == 7


def test_printed_forms(ply: Ply) -> None:
    program = r"""BEGIN { @m = -1; @o = 0xffffffffffffffff; @s = "a\tb";
        printf("%d %d %u %x %#x %c|%5d|%-5d|%05d|%+d|%%\n", @m, @o, @m, @o, 255, 65, 42, 42, 42, 42);
        printf("[%s][%10s][%-10s][%.2s][%v][%v]\n", @s, "right", "left", "cut off", @m, @s);
        print(@m, @o, @s); print(1); exit() }"""
    ones = (1 << 64) - 1
    assert ply.json("-c", program).printed() == [
        f"-1 {ones} {ones} {ones:x} 0xff A|   42|42   |00042|+42|%\n",
        "[a\tb][     right][left      ][cu][-1][a\tb]\n",
        f"-1, {ones}, a\tb\n",
        "1\n",
    ]

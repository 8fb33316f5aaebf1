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


NEEDLESS = [
    f"@zero && {READ}",
    f"@one || {READ}",
    f"@one ? 2 : {READ}",
    f"@zero ? {READ} : 2",
    f"@one ?: {READ}",
    f"@zero && {READ} && {READ}",
    f"@one || {READ} || {READ}",
]
NEEDED = [f"@one && {READ}", f"@zero || {READ}", f"@one ? {READ} : 2", f"@zero ?: {READ}", f"@zero ^^ {READ}"]


@pytest.mark.parametrize(("conditions", "reads"), [(NEEDLESS, 0), (NEEDED, len(NEEDED))], ids=["needless", "needed"])
def test_only_what_is_needed_is_computed(ply: Ply, conditions: list[str], reads: int) -> None:
    clauses = [
        f"BEGIN / {condition} / {{ @predicates[{index}] = 1 }} BEGIN {{ if ({condition}) @ifs[{index}] = 1; }}"
        for index, condition in enumerate(conditions)
    ]
    result = ply.json("-c", f"BEGIN {{ @zero = 0; @one = 1 }} {' '.join(clauses)} BEGIN {{ exit() }}")
    assert sum(result.lost().values()) == 2 * reads
    assert result.rows("@predicates") == result.rows("@ifs")


BRANCHES = """
BEGIN { @x = N }
BEGIN { if (@x < 10) { @branch[N] = 1 } else if (@x < 20) @branch[N] = 2; else if (@x < 30) { @branch[N] = 3; }
        else { if (@x == 35) @branch[N] = 4; @branch[N] = @branch[N] + 10 } }
"""


def test_one_branch_is_taken(ply: Ply) -> None:
    program = "".join(BRANCHES.replace("N]", f"{n}]").replace("= N", f"= {n}") for n in (5, 15, 25, 35, 36))
    rows = ply.json("-c", f"{program} BEGIN {{ exit() }}").rows("@branch")
    assert rows == {(5,): 1, (15,): 2, (25,): 3, (35,): 14, (36,): 10}


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
        f"-1 -1 {ones} ffffffff 0xff A|   42|42   |00042|+42|%\n",
        "[a\tb][     right][left      ][cu][-1][a\tb]\n",
        f"-1, {ones}, a\tb\n",
        "1\n",
    ]

"""Values of the language on the kernel: each against C's answer, or against what the reference says."""

import random
from collections.abc import Callable, Sequence

import pytest
from harness import Ply, slowness
from plytrace.compiler.fold import calculate, wrap
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.source import Source
from plytrace.runtime.host import LiveHost
from plytrace.runtime.tracer import Tracer

VALUES = {
    "1 + 2 * 3": 7,
    "(1 + 2) * 3": 9,
    "7 - 2 - 1": 4,
    "-7 / 2": -3,
    "-7 % 2": -1,
    "7 / -2": -3,
    "7 % -2": 1,
    "1 << 40": 1 << 40,
    "-8 >> 1": -4,
    "~0": -1,
    "!5": 0,
    "!0": 1,
    "5 & 3 | 8": 9,
    "6 ^ 3": 5,
    "1 < 2 == 1": 1,
    "3 > 2 && 2 > 3": 0,
    "0 || 7": 1,
    "1 ^^ 1": 0,
    "1 ? 2 : 3": 2,
    "0 ?: 4": 4,
    "(u8)300": 44,
    "(s8)200": -56,
    "(u16)-1": 65535,
    "(s32)0x80000000": -(1 << 31),
    "(u64)-1 > 5": 1,
    "-1 < 5": 1,
    "0x1F": 31,
    "017": 15,
    "0b101": 5,
    "1_000": 1000,
    "1e6": 1000000,
    "10ms": 10_000_000,
    "4k": 4096,
    "1MiB": 1 << 20,
    "'a'": 97,
    "'\\n'": 10,
    "sizeof(u32)": 4,
    "sizeof(long)": 8,
    "9223372036854775807": (1 << 63) - 1,
}


def evaluated(ply: Ply, setup: str, expressions: Sequence[str], declarations: str = "") -> list[int]:
    """The values of expressions, a line each."""
    prints = " ".join(f'printf("%d\\n", {expression});' for expression in expressions)
    result = ply.json("-c", f"{declarations} BEGIN {{ {setup} {prints} exit(); }}")
    assert result.status == 0, result.stderr
    return [int(text) for text in result.printed()]


def test_values_of_constants(ply: Ply) -> None:
    assert dict(zip(VALUES, evaluated(ply, "", list(VALUES)), strict=True)) == VALUES


def test_values_of_variables(ply: Ply) -> None:
    """The same through variables that come out of a map, which no compiler can know beforehand."""
    setup = "@a = -7; @b = 2; @u[0] = (u64)-1; a = @a; b = @b; u = @u[0];"
    wanted = {
        "a / b": -3,
        "a % b": -1,
        "a >> 1": -4,
        "u >> 60": 15,
        "u > 5": 1,
        "a < b": 1,
        "a * b": -14,
        "b / (b - 2)": 0,
        "a % (b - 2)": -7,
        "b << 65": 4,
        "(u8)a": 249,
        "a == -7 && b == 2": 1,
        "b ? a : u": -7,
    }
    assert dict(zip(wanted, evaluated(ply, setup, list(wanted)), strict=True)) == wanted


def test_division_by_zero_is_counted(ply: Ply) -> None:
    result = ply.json("-c", "BEGIN { @z = 0; @ = 5 / @z; @r = 5 % @z; exit() }")
    assert (result.value("@"), result.value("@r")) == (0, 5)
    assert result.lost() == {("@", "division by zero"): 1, ("@r", "division by zero"): 1}


def test_assignments_and_steps(ply: Ply) -> None:
    setup = "x = 3; x += 4; $y = x * 2; z = x++ + ++x; x <<= 2; x |= 1; x ^= 3; x %= 7; x -= 1; x /= 2;"
    assert evaluated(ply, setup, ["x", "$y", "z"]) == [1, 14, 16]
    setup = "@n = 5; @n += 2; @n++; --@n; @n *= 3; @n -= 1; @m[1] |= 6; @m[1] ^= 2; @m[1] &= 5; @k <<= 1;"
    assert evaluated(ply, setup, ["@n", "@m[1]", "@m[2]++", "@m[2]", "++@m[2]", "@k"]) == [20, 4, 0, 1, 2, 0]


def test_variables_without_a_value(ply: Ply) -> None:
    """A number until something else is assigned; zero each time round."""
    program = 'BEGIN { let z; print(z); let s; s = "ab"; print(s); for (i in 0..2) { let q; q += i; print(q) } exit() }'
    assert ply.json("-c", program).printed() == ["0\n", "ab\n", "0\n", "1\n"]


def test_loops(ply: Ply) -> None:
    setup = """
        unroll (4) { u++; if (u == 3) { break; } }
        for (i in 0..10) { if (i == 7) { break } if (i % 2) { continue } s += i; }
        while (w < 5) { w++; if (w == 2) { continue } t += w; }
        for (i in 0..3) { for (j in 0..4) { n++; if (j == 2) { break } } }
    """
    setup = "u = 0; s = 0; w = 0; t = 0; n = 0;" + setup
    assert evaluated(ply, setup, ["u", "s", "w", "t", "n"]) == [3, 12, 5, 13, 9]


def test_a_loop_that_would_not_end_is_left_and_counted(ply: Ply) -> None:
    result = ply.json("-c", "BEGIN { while (1) { @++; } exit() }")
    assert result.value() == 1024
    assert result.lost() == {("condition", "loop too long"): 1} or len(result.lost()) == 1


def test_return_leaves_the_clause_only(ply: Ply) -> None:
    result = ply.json("-c", "BEGIN { @a = 1; if (pid) { return } @b = 1; } BEGIN { @c = 1; exit() }")
    assert [result.value(name) for name in ("@a", "@b", "@c")] == [1, None, 1]


def test_blocks_constants_tuples_and_strings(ply: Ply) -> None:
    program = """
        const BIG = 4k * 2;
        const NAME = "abc";
        let @small = hash(16);
        BEGIN {
            x = 1;
            if (x) { let x = 5; x++; @inner = x; }
            t = (1, "ab");
            @small[t.0] = t.1;
            @pair = (x, NAME);
            printf("%d %s %s\\n", BIG, NAME, @small[1]);
            printf("%s\\n", x == 1 ? "one" : "many");
            exit();
        }
    """
    result = ply.json("-c", program)
    assert result.printed() == ["8192 abc ab\n", "one\n"]
    assert result.value("@inner") == 6
    assert result.value("@pair") == [1, "abc"]


def test_a_declared_map_is_as_large_as_declared(ply: Ply) -> None:
    result = ply.json("-c", "let @m = hash(16); BEGIN { for (i in 0..100) { @m[i] = i; } exit() }")
    assert len(result.rows("@m")) == 16
    assert result.lost() == {("@m", "map full"): 84}


def test_fields_of_tracepoints(ply: Ply) -> None:
    """A string that lies elsewhere in the record, numbers, and arrays of characters."""
    program = """
        tracepoint:sched:sched_process_exec / pid == $target / { printf("%s %d\\n", args.filename, data->pid == pid); }
        tracepoint:sched:sched_process_exit / args.comm == "true" / { @exits.count(); }
    """
    result = ply.json("-c", program, command=["sh", "-c", "/bin/true; exec /bin/true"])
    paths = [text.split()[0].rpartition("/")[2] for text in result.printed()]
    assert paths in (["sh", "true"], ["dash", "true"])
    assert all(text.endswith(" 1\n") for text in result.printed())
    assert result.value("@exits") >= 2


Value = Callable[[dict[str, int]], tuple[int, bool]]
CASTS = {"u8": (8, False), "s8": (8, True), "u16": (16, False), "s32": (32, True), "u32": (32, False),
         "s64": (64, True), "u64": (64, False)}  # fmt: skip


def reference(depth: int, choose: random.Random) -> tuple[str, Value]:
    """A random expression, and a function from the variables to its value and whether that is signed."""
    if depth == 0 or choose.random() < 0.2:
        if choose.random() < 0.4:
            number = choose.choice([0, 1, 2, 3, 7, 63, 64, 255, 1 << 31, (1 << 63) - 1, choose.getrandbits(63)])
            return str(number), lambda _: (number, True)
        name = choose.choice(["a", "b", "c", "d"])
        return name, lambda values: (values[name], name in "ab")
    match choose.randrange(8):
        case 0:
            return _unary(choose.choice("-~!"), *reference(depth - 1, choose))
        case 1:
            return _cast(choose.choice(list(CASTS)), *reference(depth - 1, choose))
        case 2:
            return _ternary(*(reference(depth - 1, choose) for _ in range(3)))
    operator = choose.choice(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "<=", "==", "!=", "&&", "||"])
    (left, one), (right, other) = reference(depth - 1, choose), reference(depth - 1, choose)

    def value(values: dict[str, int]) -> tuple[int, bool]:
        (x, x_signed), (y, y_signed) = one(values), other(values)
        signed = x_signed if operator in ("<<", ">>") else x_signed and y_signed
        if operator in ("<", "<=", "==", "!=", "&&", "||"):
            return calculate(operator, x, y, x_signed and y_signed), True
        return wrap(calculate(operator, x, y, signed), 64, signed), signed

    return f"({left} {operator} {right})", value


def _unary(operator: str, text: str, of: Value) -> tuple[str, Value]:
    def value(values: dict[str, int]) -> tuple[int, bool]:
        x, signed = of(values)
        if operator == "!":
            return int(x == 0), True
        return wrap(-x if operator == "-" else ~x, 64, signed), signed

    return f"({operator} {text})", value


def _cast(name: str, text: str, of: Value) -> tuple[str, Value]:
    bits, is_signed = CASTS[name]
    return f"(({name}){text})", lambda values: (wrap(of(values)[0], bits, is_signed), is_signed or bits < 64)


def _ternary(*parts: tuple[str, Value]) -> tuple[str, Value]:
    (test, condition), (yes, then), (no, otherwise) = parts

    def value(values: dict[str, int]) -> tuple[int, bool]:
        (x, x_signed), (y, y_signed) = then(values), otherwise(values)
        return wrap(x if condition(values)[0] else y, 64, x_signed and y_signed), x_signed and y_signed

    return f"({test} ? {yes} : {no})", value


@pytest.mark.parametrize("seed", range(42))
def test_random_expressions(seed: int) -> None:
    """Over 20,000 expressions in all; a few hundred under emulation. Timers' programs are run by hand, one by one."""
    slow = slowness() > 6
    if slow and seed >= 1:
        return
    choose = random.Random(seed)
    values = {name: choose.choice([0, 1, 5, 64, choose.getrandbits(63)]) for name in "abcd"}
    values["a"] = -values["a"]
    pairs = [reference(3, choose) for _ in range(480)]
    setup = " ".join(f"@{name} = {'(s64)' if name in 'ab' else '(u64)'}{value};" for name, value in values.items())
    copies = " ".join(f"{name} = @{name};" for name in values)
    clauses = [f"BEGIN {{ {setup} }}"]
    for start in range(0, len(pairs), 16):
        part = pairs[start : start + 16]
        body = " ".join(f"@r[{start + number}] = {text};" for number, (text, _) in enumerate(part))
        clauses.append(f"interval:{start + 1}s {{ {copies} {body} }}")
    source = Source("<random>", "\n".join(clauses))
    with Tracer(compile_source(source, LiveHost(), Options(map_entries=1024))) as tracer:
        tracer.load()
        tracer.attach()
        tracer.run("BEGIN")
        for _, program in tracer.timers():
            tracer.tick(program)
        found = {row.key[0]: row.value for result in tracer.maps() if result.name == "@r" for row in result.rows}
    for number, (text, value) in enumerate(pairs):
        wanted, _ = value(values)
        assert found[number] & (1 << 64) - 1 == wanted & (1 << 64) - 1, f"{text} with {values}"

"""The text format: order, columns, histograms, stacks, and what goes to stderr."""

import io
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.schema import LossPlace
from plytrace.compiler.types import Unit
from plytrace.compiler.values import (
    Bucket,
    Estimate,
    Fault,
    Frame,
    Histogram,
    Percentiles,
    Rate,
    Stack,
    Stats,
    Value,
)
from plytrace.grammar.diagnostic import UsageError
from plytrace.runtime.escape import columns
from plytrace.runtime.output import create, formats
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.results import MapResult, Row, ordered
from plytrace.runtime.units import interval

Entries = dict[tuple[Value, ...], Value]
SCHEDULE = Stack((Frame(1, "schedule", 0x1A), Frame(2, "kthread", 0xF9)))


def powers(counts: list[int], first: int = 0) -> Histogram:
    """Buckets of powers of two: bucket 0 holds 0, bucket n from 2^(n-1), bucket -n the same below zero."""
    buckets = []
    for number, count in enumerate(counts, first):
        low, high = (1 << abs(number)) >> 1, (1 << abs(number)) - 1
        buckets.append(Bucket(low, high, count) if number >= 0 else Bucket(-high, -low, count))
    return Histogram(tuple(buckets))


def shown(entries: Entries, unit: Unit = "", width: int = 80, ascii: bool = False, colour: bool = False) -> str:
    names = tuple(("comm", "pid", "third")[: len(next(iter(entries), ()))])
    rows = ordered(Row(key, value) for key, value in entries.items())
    stream = io.StringIO()
    create("text", stream, Settings(ascii, width, colour)).map(MapResult("@", "count", names, rows, unit))
    return stream.getvalue()


def test_the_largest_is_nearest_the_prompt_and_columns_align() -> None:
    assert shown({("dd", 1021): 512, ("bash", 77): 3}) == "\n@:\nbash,   77:   3\ndd,   1021: 512\n"


def test_a_map_without_keys_is_one_line() -> None:
    assert shown({(): 2**64 - 1}) == "\n@: 18446744073709551615\n"


def test_an_empty_map_prints_nothing() -> None:
    assert shown({}) == ""


def test_64_bit_values_sort_right() -> None:
    values = [2**64 - 1, -(2**63), 0, 2**63]
    rows = ordered(Row((number,), number) for number in values)
    assert [row.value for row in rows] == sorted(values)


def test_equal_values_go_by_key_and_mixed_types_have_an_order() -> None:
    keys: list[Value] = ["b", "a", 3, Fault(), b"x", ("t",), SCHEDULE]
    rows = ordered(Row((key,), 1) for key in keys)
    assert [row.key[0] for row in rows] == [Fault(), 3, "a", "b", b"x", ("t",), SCHEDULE]


def test_top_keeps_the_largest() -> None:
    rows = [Row((number,), number) for number in range(5)]
    assert [row.value for row in ordered(rows, top=2)] == [3, 4]
    totals = [Row((number,), stats([5] * (9 - number))) for number in range(5)]
    assert [row.key for row in ordered(totals, top=2)] == [(1,), (0,)]
    histograms = [Row((number,), powers([9 - number])) for number in range(5)]
    assert [row.key for row in ordered(histograms, top=2)] == [(0,), (1,)]


def test_orders() -> None:
    rows = [Row((key,), value) for key, value in (("a", 2), ("c", 1), ("b", 3))]

    def keys(*order: object) -> str:
        return "".join(str(row.key[0]) for row in ordered(rows, *order))  # type: ignore[arg-type]

    assert keys() == keys(0, "value") == "cab" and keys(0, "value", True) == "bac"
    assert keys(0, "key") == "abc" and keys(0, "key", True) == "cba"
    assert keys(2, "key") == "ab" and keys(2, "value", True) == "ba", "the largest by value stay, in any order"


def test_histograms_go_by_key_unless_asked_otherwise() -> None:
    rows = [Row((key,), powers([count])) for key, count in (("a", 2), ("c", 1), ("b", 3))]
    assert [row.key for row in ordered(rows)] == [("a",), ("b",), ("c",)]
    assert [row.key for row in ordered(rows, by="value")] == [("c",), ("a",), ("b",)]


def test_how_many_rows_were_left_out() -> None:
    stream = io.StringIO()
    create("text", stream, Settings()).map(MapResult("@", "", ("comm",), (Row(("dd",), 512),), left_out=12))
    assert stream.getvalue() == "\n@:\n... 12 rows with smaller values left out\ndd: 512\n"


@pytest.mark.parametrize("format", ["csv", "folded"])
def test_formats_for_programs_tell_it_beside_the_data(format: str) -> None:
    stream, messages = io.StringIO(), io.StringIO()
    rows = (Row((SCHEDULE,), 512),)
    create(format, stream, Settings(messages=messages)).map(MapResult("@", "", ("stack",), rows, left_out=1))
    assert "left out" not in stream.getvalue()
    assert messages.getvalue() == "ply: @: 1 row with a smaller value left out\n"


def test_strings_that_could_mislead_are_quoted() -> None:
    keys = ["", "a, b", "x: 1", " lead", "trail:", "@x", '"q"', "<fault>", "Web Content", "(sd-pam)", "a:b"]
    lines = [shown({(key,): 1}).splitlines()[2] for key in keys]
    assert [line.removesuffix(": 1") for line in lines] == [
        '""',
        '"a, b"',
        '"x: 1"',
        '" lead"',
        '"trail:"',
        '"@x"',
        '"\\"q\\""',
        '"<fault>"',
        "Web Content",
        "(sd-pam)",
        "a:b",
    ]


def test_failed_reads_and_units_and_averages() -> None:
    assert shown({(Fault(),): 1}) == "\n@:\n<fault>: 1\n"
    assert shown({("a",): 1234567, ("b",): 12_000}, unit="ns") == "\n@:\nb:       12us\na: 1.234567ms\n"
    assert shown({("a",): 4096}, unit="bytes") == "\n@:\na: 4096B\n"
    assert shown({("a",): 12.5, ("b",): 3.0}) == "\n@:\nb:  3.00\na: 12.50\n"
    assert shown({("a",): (12, 3.5, 42), ("b",): (3, 1200.25, 3600)}) == (
        "\n@:\nb:  3, 1200.25, 3600\na: 12,    3.50,   42\n"
    )


def stats(values: list[int], unit: Unit = "") -> Stats:
    return Stats(len(values), sum(values), sum(value * value for value in values), min(values), max(values), unit)


def test_stats_are_a_table() -> None:
    assert shown({("dd", 1021): stats([1, 2, 3, 4]), ("bash", 7): stats([-1000000, 1000002])}) == (
        "\n@:\n"
        "             count  sum       min      max   avg      stddev\n"
        "bash,    7:      2    2  -1000000  1000002  1.00  1000001.00\n"
        "dd,   1021:      4   10         1        4  2.50        1.12\n"
    )
    assert shown({(): stats([1, 2, 3, 4])}) == "\n@: count 4  sum 10  min 1  max 4  avg 2.50  stddev 1.12\n"
    assert shown({(): stats([1, 1234567], "ns")}, unit="ns").split("  ")[1:4] == [
        "sum 1.235ms",
        "min 1ns",
        "max 1.235ms",
    ]
    assert (
        shown({(SCHEDULE,): stats([5])}).splitlines()[4] == "comm: count 1  sum 5  min 5  max 5  avg 5.00  stddev 0.00"
    )


def test_percentiles_are_intervals_after_their_names() -> None:
    some = Percentiles(Histogram((Bucket(4096, 4351, 9), Bucket(4352, 4607, 1))), (50, 99.9))
    one = Percentiles(Histogram((Bucket(7, 7, 1),)), (50, 99.9))
    assert shown({("dd",): some, ("bash",): one}) == (
        "\n@:\nbash: p50          7  p99.9          7\ndd:   p50 4096..4351  p99.9 4352..4607\n"
    )
    assert shown({(): some}) == "\n@: p50 4096..4351  p99.9 4352..4607\n"
    times = Percentiles(Histogram((Bucket(1048576, 1114111, 1),), "ns"), (50,))
    assert shown({(): times}, unit="ns") == "\n@: p50 1.048..1.115ms\n"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0, 15, "0..15ns"),
        (992, 1023, "992ns..1.023us"),
        (-1114111, -1048576, "-1.115..-1.048ms"),
        (10**9, 10**9, "1s"),
        (None, 999_999_999, "..1s"),
        (123_456, None, "123.4us.."),
    ],
)
def test_intervals_of_times(low: int | None, high: int | None, text: str) -> None:
    assert interval(low, high, "ns") == text


_TIMES = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}


@given(st.integers(-(2**63), 2**63), st.integers(1, 2**40))
def test_an_interval_of_times_is_never_too_narrow(low: int, length: int) -> None:
    first, last = interval(low, low + length, "ns").split("..")
    unit = last.lstrip("-.0123456789")
    start = first if first.endswith("s") else first + unit

    def nanoseconds(text: str) -> Fraction:
        name = text.lstrip("-.0123456789")
        return Fraction(text.removesuffix(name)) * _TIMES[name]

    assert nanoseconds(start) <= low and low + length <= nanoseconds(last)


def test_rates_and_estimates() -> None:
    assert shown({("a",): Rate(1001, 0, 10**9), ("b",): Rate(3, 0, 10**9)}) == "\n@:\nb:    2.00/s\na: 1000.00/s\n"
    assert shown({("a",): Estimate(10234, 0.02), ("b",): 40}) == "\n@:\nb:     40\na: ~10234\n"


def test_a_row_too_long_leaves_the_others_aligned() -> None:
    lines = shown({("x" * 90, 1): 1, ("a", 22): 5, ("bbb", 3): 10}).splitlines()[2:]
    assert lines[1:] == ["a,   22:  5", "bbb,  3: 10"]
    assert lines[0].startswith("x" * 90 + ",")


def test_wide_characters_align() -> None:
    lines = shown({("日本", 1): 1, ("a", 1): 2}).splitlines()[2:]
    assert len({columns(line) for line in lines}) == 1


@settings(deadline=None)
@given(st.dictionaries(st.tuples(st.text(), st.integers()), st.integers(), min_size=1))
def test_every_row_is_one_line_without_controls(entries: Entries) -> None:
    lines = shown(entries, width=200).splitlines()
    assert len(lines) == len(entries) + 2
    assert all(line.isprintable() for line in lines)
    assert sorted(int(line.rsplit(": ", 1)[1]) for line in lines[2:]) == sorted(entries.values())


def test_a_histogram_as_the_contract_draws_it() -> None:
    assert shown({(): powers([27, 1570], 10)}).splitlines()[1:] == [
        "@:",
        "[ 512,   1k)      27 ┤▌                               │",
        "[  1k,   2k)    1570 ┤████████████████████████████████│",
    ]


def test_histograms_go_by_key_below_their_keys() -> None:
    lines = shown({("sh", 9): powers([5]), ("sh", 1): powers([50]), ("dd", 7): powers([500])}).splitlines()
    assert [line for line in lines if not line.startswith("[")] == ["", "@:", "dd, 7:", "sh, 1:", "sh, 9:"]


def test_labels_from_below_zero_to_the_top() -> None:
    lines = shown({(): powers([1] * 6, -3)}).splitlines()[2:]
    assert [line[:12] for line in lines] == [
        "(  -8,   -4]",
        "(  -4,   -2]",
        "(  -2,   -1]",
        "[   0,    1)",
        "[   1,    2)",
        "[   2,    4)",
    ]
    top = shown({(): powers([1], 64)}).splitlines()[2]
    assert top.startswith("[  8E,  16E) ")
    bottom = shown({(): Histogram((Bucket(-(2**63), -(2**63), 1),))}).splitlines()[2]
    assert bottom.startswith("[ -8E,  -8E] ")


def test_labels_of_linear_buckets_and_open_ends() -> None:
    buckets = (Bucket(None, -101, 1), Bucket(-100, -1, 1), Bucket(0, 99, 1), Bucket(1024, None, 1))
    lines = shown({(): Histogram(buckets)}).splitlines()[2:]
    assert [line[:12] for line in lines] == ["[ ..., -100)", "[-100,    0)", "[   0,  100)", "[  1k,  ...)"]


def test_labels_that_no_suffix_fits_are_plain_everywhere() -> None:
    buckets = tuple(Bucket(low, low + 999, 1) for low in (127_000, 128_000))
    assert shown({(): Histogram(buckets)}).splitlines()[2].startswith("[127000, 128000) ")


def test_labels_of_times() -> None:
    times = Histogram((Bucket(0, 0, 1), Bucket(1 << 19, (1 << 20) - 1, 1)), unit="ns")
    lines = shown({(): times}).splitlines()[2:]
    assert [line[:16] for line in lines] == ["[     0,    1ns)", "[ 524us, 1.05ms)"]
    narrow = Histogram(tuple(Bucket(low, low + 999, 1) for low in (10_000_000, 10_001_000)), unit="ns")
    assert shown({(): narrow}).splitlines()[3].startswith("[10.001ms, 10.002ms) ")


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2**64), min_size=1).filter(any),
    st.integers(-60, 0),
    st.sampled_from((40, 80, 200)),
    st.booleans(),
)
def test_histogram_rows_say_the_counts_and_fit(counts: list[int], first: int, width: int, ascii: bool) -> None:
    lines = shown({(): powers(counts[:64], first)}, width=width, ascii=ascii).splitlines()[2:]
    found = [re.fullmatch(r"[\[(] *\S+, +\S+[\])] +(\d+) [┤|](.*)[│|]", line) for line in lines]
    parsed = [(int(row[1]), row[2]) for row in found if row]
    assert [count for count, _ in parsed] == counts[:64]
    assert all(bool(bar.strip()) == bool(count) for count, bar in parsed)
    assert len({len(line) for line in lines}) == 1
    fullest = max(count for count, _ in parsed)
    assert all(" " not in bar for count, bar in parsed if count == fullest)
    assert not ascii or all(line.isascii() for line in lines)


def test_bars_are_narrow_where_the_terminal_is() -> None:
    histogram = powers([27, 1570], 10)
    assert {len(line) for line in shown({(): histogram}, width=40).splitlines()[2:]} == {40}
    assert "|#                               |" in shown({(): histogram}, ascii=True)
    assert shown({(): histogram}, width=200) == shown({(): histogram}, width=80)


def test_a_stack_is_a_block_above_its_row() -> None:
    assert shown({("dd", SCHEDULE): 3, ("sh", SCHEDULE): 12}) == (
        "\n@:\n    schedule+0x1a\n    kthread+0xf9\ndd, pid: 3\n\n    schedule+0x1a\n    kthread+0xf9\nsh, pid: 12\n"
    )
    assert shown({(): SCHEDULE}) == "\n@:\n    schedule+0x1a\n    kthread+0xf9\n"
    assert shown({("dd",): SCHEDULE}) == "\n@:\ndd:\n    schedule+0x1a\n    kthread+0xf9\n"
    assert shown({(Stack((), "no user stack"),): 3}) == "\n@:\n    <no user stack>\ncomm: 3\n"


def test_stacks_with_histograms_and_two_stacks() -> None:
    lines = shown({(SCHEDULE, SCHEDULE): powers([5])}).splitlines()[2:]
    assert [line.strip()[:14] for line in lines] == [
        "schedule+0x1a",
        "kthread+0xf9",
        "--",
        "schedule+0x1a",
        "kthread+0xf9",
        "comm, pid:",
        "[   0,    1)  ",
    ]


def test_symbols_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in shown({(Stack((Frame(1, "\x1b[2J", 0),)),): 1})


def test_printed_text_passes_and_a_map_starts_on_its_own_line() -> None:
    stream = io.StringIO()
    output = create("text", stream, Settings())
    output.printed(1, "\x1b[1mbold\n")
    output.printed(2, "no line end")
    output.map(MapResult("@", "count", (), (Row((), 1),)))
    assert stream.getvalue() == "\x1b[1mbold\nno line end\n\n@: 1\n"


def test_losses_go_to_stderr_and_add_up() -> None:
    stream, messages = io.StringIO(), io.StringIO()
    output = create("text", stream, Settings(messages=messages))
    place = LossPlace("@", "map full", "map @ is full at 10240 entries", "updates", "raise it with `--map-entries`")
    output.lost(place, 3976)
    output.lost(place, 24)
    output.end(0, 1.0, 4000)
    assert stream.getvalue() == ""
    assert messages.getvalue().splitlines() == [
        "ply: map @ is full at 10240 entries: 3976 updates lost; raise it with `--map-entries`",
        "ply: map @ is full at 10240 entries: 24 updates lost",
        "ply: map @ is full at 10240 entries: 4000 updates lost in total; raise it with `--map-entries`",
    ]


def test_colour_is_for_headers_only_and_only_when_asked() -> None:
    assert shown({("a",): 1}, colour=True) == "\n\x1b[1m@:\x1b[0m\na: 1\n"


def test_formats_are_the_files_of_the_folder() -> None:
    assert {"text", "json"} <= set(formats())
    assert not {"protocol", "__init__"} & set(formats())


@pytest.mark.parametrize("name", ["yaml", "protocol", "_rows", "", "../text"])
def test_unknown_format(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        create(name, io.StringIO(), Settings())
    assert caught.value.diagnostics[0].code == "unknown-format"


def test_the_script_s_own_bytes_reach_a_utf8_stream() -> None:
    raw = io.BytesIO()
    output = create("text", io.TextIOWrapper(raw, encoding="utf-8"), Settings())
    output.printed(1, "é\udcff\n")
    output.flush()
    assert raw.getvalue() == b"\xc3\xa9\xff\n"


def test_a_stream_that_lacks_the_characters_gets_ascii() -> None:
    raw = io.BytesIO()
    output = create("text", io.TextIOWrapper(raw, encoding="ascii"), Settings())
    output.printed(1, "é\udcff\n")
    output.printed(1, output.escape("é\n") + "\n")
    output.map(MapResult("@", "quantize", (), (Row((), powers([1])),)))
    output.flush()
    assert raw.getvalue().decode("ascii").startswith("\\xe9\\udcff\n\\u00e9\\x0a\n\n@:\n[   0,    1)       1 |###")

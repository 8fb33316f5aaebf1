"""Aggregations without a kernel: both halves, on a machine that computes what the kernel would (`machine.py`).

Values go through the kernel half into slots, and through the user half out again. With `shared`, other updates of
the same slot interrupt this one before any access to memory, as another program's may.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hosts import MODERN
from hypothesis import given, settings
from hypothesis import strategies as st
from machine import MASK, Cell
from plytrace.compiler import words
from plytrace.compiler.aggregations import distinct, percentiles, quantize
from plytrace.compiler.function import Complaint
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.compiler.registry import aggregations
from plytrace.compiler.types import S64, U64, Int
from plytrace.compiler.values import Bucket, Estimate, Histogram, Percentiles, Rate, Stats
from plytrace.grammar.diagnostic import CompileError
from plytrace.grammar.source import Source


def result(name: str, values: Sequence[int], kind: Int = S64, given: Sequence[int] = ()) -> Any:
    """What an aggregation makes of values that come on three CPUs in turn."""
    cell = Cell(name, kind, given)
    for number, value in enumerate(values):
        cell.put(value, number % len(cell.slots))
    return cell.merged()


EDGES = sorted({sign * ((1 << power) + near) for power in range(64) for near in (-1, 0, 1) for sign in (1, -1)})
SIGNED = st.integers(-(1 << 63), MASK >> 1) | st.sampled_from([n for n in EDGES if -(1 << 63) <= n < 1 << 63])
UNSIGNED = st.integers(0, MASK) | st.sampled_from([n for n in EDGES if n >= 0])
MANY = st.tuples(st.just(S64), st.lists(SIGNED, min_size=1)) | st.tuples(st.just(U64), st.lists(UNSIGNED, min_size=1))


steady = settings(deadline=None, max_examples=50)


# Numbers


@steady
@given(MANY)
def test_numbers_are_those_of_python(case: tuple[Int, list[int]]) -> None:
    kind, values = case
    assert result("count", values, kind) == len(values)
    assert result("sum", values, kind) == sum(values)
    assert result("min", values, kind) == min(values)
    assert result("max", values, kind) == max(values)
    assert result("avg", values, kind) == float(Fraction(sum(values), len(values)))
    assert result("stddev", values, kind) == pytest.approx(float(statistics.pstdev(values)), rel=1e-12)
    squares = sum(value * value for value in values)
    assert result("stats", values, kind) == Stats(len(values), sum(values), squares, min(values), max(values))


NAMES = ("count", "sum", "avg", "min", "max", "stddev", "stats", "quantize", "percentiles", "distinct", "rate")


@steady
@given(st.lists(SIGNED, min_size=1, max_size=4), st.lists(SIGNED, max_size=6), st.randoms(use_true_random=False))
def test_nothing_is_lost_where_programs_interrupt_each_other(
    values: list[int], other: list[int], random: Random
) -> None:
    for name in NAMES:
        cell, waiting = Cell(name, cpus=1), list(other)

        def interrupt(cell: Cell = cell, waiting: list[int] = waiting) -> None:
            if waiting and random.random() < 0.2:
                cell.put(waiting.pop(), shared=True)

        cell.machine.interrupt = interrupt
        for value in values:
            cell.put(value, shared=True)
        cell.machine.interrupt = lambda: None
        done = values + other[len(waiting) :]
        alone = Cell(name, cpus=1)
        for value in done:
            alone.put(value)
        if name == "distinct":
            assert cell.merged() == len(set(done))
        elif name == "rate":
            assert cell.merged().count == len(done)
        elif not cell.machine.lost:
            assert cell.merged() == alone.merged()
        # An update that four others overtake, each with a larger value, is given up, and counted.
        assert not cell.machine.lost or (name in ("min", "max", "stats") and len(other) - len(waiting) >= words.TRIES)


def test_no_value_is_no_result() -> None:
    for name in aggregations():
        given = {"lquantize": (0, 10), "lhist": (0, 10), "llquantize": (10, 0, 3, 10)}.get(name, ())
        assert Cell(name, given=given).merged() is None, name


@pytest.mark.parametrize(("kind", "low", "high"), [(S64, -(1 << 63), MASK >> 1), (U64, 0, MASK)])
def test_the_ends_of_the_range_are_values_too(kind: Int, low: int, high: int) -> None:
    """Their words in a slot may all be zero, as if nothing had come."""
    for value in (low, high, 0):
        for name in ("min", "max", "sum"):
            assert result(name, [value], kind) == value, (name, value)
        assert result("avg", [value], kind) == float(value)
        assert result("stats", [value] * 5, kind) == Stats(5, 5 * value, 5 * value * value, value, value)
        assert result("stddev", [value] * 5, kind) == 0


def test_units_are_those_of_the_values() -> None:
    time = Int(64, signed=False, unit="ns")
    assert result("stats", [5], time).unit == "ns"
    assert result("percentiles", [5], time).histogram.unit == "ns"
    assert result("lquantize", [5], time, (0, 10)).unit == "ns"
    without = {entry.name for entry in aggregations().values() if not entry.keeps_unit}
    assert without == {"count", "distinct", "rate"}


# Histograms


def held(histogram: Histogram, values: Sequence[int]) -> None:
    """Each bucket has exactly the values between its bounds, and buckets are side by side."""
    buckets = histogram.buckets
    edges = [(-math.inf if b.low is None else b.low, math.inf if b.high is None else b.high) for b in buckets]
    assert [sum(low <= value <= high for value in values) for low, high in edges] == [b.count for b in buckets]
    assert all(before[1] + 1 == after[0] for before, after in pairwise(edges))
    assert buckets[0].count and buckets[-1].count and histogram.count == len(values)


@steady
@given(MANY)
def test_quantize(case: tuple[Int, list[int]]) -> None:
    kind, values = case
    histogram = result("quantize", values, kind)
    held(histogram, values)
    for bucket in histogram.buckets:
        assert abs(bucket.low).bit_length() == abs(bucket.high).bit_length() or bucket.low == -(1 << 63)


@steady
@given(MANY, st.integers(-(1 << 63), MASK) | st.integers(-100, 100), st.integers(1, 1 << 62), st.integers(1, 1 << 60))
def test_lquantize(case: tuple[Int, list[int]], low: int, length: int, step: int) -> None:
    kind, values = case
    high, step = low + length, max(step, -(-length // 1000))
    held(result("lquantize", values, kind, (low, high, step)), values)


def test_lquantize_has_open_ends_and_a_step_of_one() -> None:
    assert result("lquantize", [-1, 0, 9, 10, 11], S64, (0, 10)).buckets[:2] == (Bucket(None, -1, 1), Bucket(0, 0, 1))
    assert result("lquantize", [-1, 0, 9, 10, 11], S64, (0, 10)).buckets[-2:] == (Bucket(9, 9, 1), Bucket(10, None, 2))
    assert result("lhist", [0, 11], S64, (0, 12, 5)).buckets == (Bucket(0, 4, 1), Bucket(5, 9, 0), Bucket(10, 11, 1))


def dtrace_bucket(factor: int, low: int, high: int, steps: int, value: int) -> int:
    """dtrace_aggregate_llquantize_bucket() of illumos, usr/src/uts/common/dtrace/dtrace.c."""
    last, base, order = factor**low, 1, low
    if value < last:
        return 0
    this = last * factor
    while order <= high:
        number = min(this, steps)
        if value < this:
            return base + (value - last) // (this // number)
        base += number - number // factor
        last, this, order = this, this * factor, order + 1
    return base


GRIDS = [(10, 0, 5, 10), (10, 0, 17, 20), (10, 3, 6, 100), (2, 0, 61, 2), (2, 4, 20, 64), (3, 1, 9, 9)]


@steady
@given(MANY, st.sampled_from(GRIDS))
def test_llquantize_has_the_buckets_of_dtrace(case: tuple[Int, list[int]], given: tuple[int, ...]) -> None:
    kind, values = case
    values = values + [value % 10**6 for value in values]
    histogram = result("llquantize", values, kind, given)
    held(histogram, values)
    expected = Counter(dtrace_bucket(*given, value) for value in values)
    assert [b.count for b in histogram.buckets if b.count] == [expected[index] for index in sorted(expected)]


PERCENTS = (0, 1, 25, 50, 75, 90, 99, 99.9, 100)


@steady
@given(MANY)
def test_percentiles_are_inside_narrow_intervals(case: tuple[Int, list[int]]) -> None:
    kind, values = case
    found: Percentiles = result("percentiles", values, kind, (50, 999))
    held(found.histogram, values)
    assert (found.asked, found.count) == ((50, 99.9), len(values))
    for p in PERCENTS:
        low, high = found.percentile(p)
        assert low is not None and high is not None
        true = sorted(values)[max(0, math.ceil(Fraction(str(p)) * len(values) / 100) - 1)]
        assert low <= true <= high
        assert high - low + 1 <= max(1, min(abs(low), abs(high)) / 16)


def test_every_power_of_two_starts_a_bucket() -> None:
    for power in range(63):
        assert result("percentiles", [1 << power], U64).percentile(50)[0] == 1 << power
        assert result("percentiles", [-(1 << power)], S64).percentile(50)[1] == -(1 << power)


# distinct and rate


@steady
@given(st.sets(SIGNED, min_size=1, max_size=distinct.PROBES), st.lists(SIGNED))
def test_few_values_are_counted_exactly(values: set[int], again: list[int]) -> None:
    some = sorted(values)
    found = result("distinct", some + [some[number % len(some)] for number in again])
    assert found == len(some) and not isinstance(found, Estimate)


def test_the_value_that_is_mixed_to_zero_is_no_empty_place() -> None:
    unmixed = -0x9E3779B97F4A7C15
    assert result("distinct", [unmixed]) == 1
    assert result("distinct", [unmixed, 0, 1]) == 3


@pytest.mark.parametrize("number", [400, 1000, 6000])
def test_many_values_are_estimated_within_the_error(number: int) -> None:
    found = result("distinct", range(0, 1000 * number, 1000), U64)
    assert isinstance(found, Estimate) and found.error == distinct.ERROR
    assert abs(found - number) <= 3 * distinct.ERROR * number


def test_the_estimator_is_right_on_average() -> None:
    """Registers drawn as n different values would set them; the mean over draws is nearer than one draw."""
    random = Random(5)
    for number in (10**5, 10**7, 10**9):
        found = []
        for _ in range(40):
            share = -number / distinct.REGISTERS  # ranks up to k hold everything with probability exp(share / 2**k)
            ranks = [0] * 55
            for _ in range(distinct.REGISTERS):
                ranks[min(54, max(0, math.ceil(-math.log2(math.log(random.random()) / share))))] += 1
            found.append(distinct._estimate(ranks) / number)
        assert statistics.fmean(found) == pytest.approx(1, abs=4 * distinct.ERROR / math.sqrt(40))
        assert statistics.pstdev(found) < 1.5 * distinct.ERROR


def test_a_rate_counts_what_follows_the_first_event() -> None:
    cell = Cell("rate", U64)
    for cpu in (0, 1, 1, 0, 2):
        cell.put(1, cpu)
    assert cell.merged() == Rate(5, 1500, 2500)  # each slot asks for the time once
    assert Rate(101, 0, 2 * 10**9).per_second == 50
    assert (Rate(1, 7, 7).per_second, Rate(1, 7, 10**9).per_second) == (0, 0)


@steady
@given(st.lists(SIGNED, min_size=1), st.lists(SIGNED, min_size=1), st.sampled_from(["quantize", "percentiles"]))
def test_merged_results_are_results_of_all(first: list[int], second: list[int], name: str) -> None:
    both = result(name, first).merge(result(name, second))
    histogram = both if name == "quantize" else both.histogram
    held(histogram, first + second)
    whole = result(name, first + second)
    assert [both.percentile(p) for p in PERCENTS] == [whole.percentile(p) for p in PERCENTS]
    assert result("stats", first).merge(result("stats", second)) == result("stats", first + second)


# Literals


@pytest.mark.parametrize(
    ("name", "given", "code", "index"),
    [
        ("lquantize", (10, 10), "no-buckets", 2),
        ("lquantize", (0, 10, 0), "no-buckets", 3),
        ("lquantize", (0, 10**9), "too-many-buckets", 2),
        ("lquantize", (-(10**9), 10**9, 7), "too-many-buckets", 3),
        ("llquantize", (1, 0, 5, 10), "no-buckets", 1),
        ("llquantize", (10, 5, 4, 10), "no-buckets", 3),
        ("llquantize", (10, -1, 4, 10), "no-buckets", 3),
        ("llquantize", (10, 0, 18, 10), "too-many-buckets", 3),
        ("llquantize", (2, 0, 10**9, 2), "too-many-buckets", 3),
        ("llquantize", (10, 0, 5, 30), "uneven-steps", 4),
        ("llquantize", (10, 0, 5, 5), "uneven-steps", 4),
        ("llquantize", (10, 0, 5, 10**5), "too-many-buckets", 4),
        ("percentiles", (50, 101), "no-such-percentile", 2),
        ("percentiles", (-1,), "no-such-percentile", 1),
    ],
)
def test_literals_that_make_no_sense(name: str, given: tuple[int, ...], code: str, index: int) -> None:
    with pytest.raises(Complaint) as caught:
        aggregations()[name].settle(given)
    assert (caught.value.code, caught.value.index) == (code, index)
    assert caught.value.help


def test_the_step_that_is_advised_will_do() -> None:
    with pytest.raises(Complaint) as caught:
        aggregations()["lquantize"].settle((-5, 10**9, 3))
    aggregations()["lquantize"].settle((-5, 10**9, int(caught.value.help.split()[3])))


def test_the_largest_slots() -> None:
    assert Cell("lquantize", given=(0, 1022)).slots[0].__len__() == words.MOST_WORDS
    sizes = {name: entry.words(S64, (0, 10, 1)) for name, entry in aggregations().items() if name != "llquantize"}
    assert max(sizes.values()) == sizes["percentiles"] == 2 * percentiles.WORDS
    assert sizes["hist"] == quantize.WORDS


def compiled(text: str) -> Any:
    return compile_source(Source("t", f"kretprobe:SyS_read {{ {text} }}"), MODERN, Options()).maps[0]


def test_literals_in_a_script() -> None:
    assert compiled("@.lquantize(retval, -10, 100)").parameters == (-10, 100, 1)
    assert compiled("@.percentiles(retval)").parameters == (50, 90, 99)
    assert compiled("@ = lhist(retval, -10, 100, 1); @.lquantize(retval, -10, 100)").aggregation == "lquantize"
    with pytest.raises(CompileError) as caught:
        compiled("@.lquantize(retval, 0, 100000, 1)")
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "too-many-buckets" and "step of 98" in diagnostic.help and diagnostic.span

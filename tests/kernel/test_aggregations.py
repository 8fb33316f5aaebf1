"""Aggregations in the kernel: threads make a known number of calls with known arguments, and user space computes too.

The calls are lseek(2) on a descriptor that is not open: nothing happens, and the second argument is any number.
"""

import ctypes
import math
import os
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source, stages
from plytrace.compiler.values import Estimate
from plytrace.grammar.source import Source
from plytrace.runtime.host import LiveHost
from plytrace.runtime.tracer import Tracer

LIBC = ctypes.CDLL(None)
LIBC.lseek.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int)
DESCRIPTOR = -77
THREADS, CALLS = 4, 20000
UNSIGNED, SIGNED = "arg(1)", "(s64)arg(1)"
ALL = (
    "@count.count(); @sum.sum(X); @min.min(X); @max.max(X); @avg.avg(X); @stddev.stddev(X); @stats.stats(X);"
    "@quantize.quantize(X); @lquantize.lquantize(X, -1000, 50000, 700); @llquantize.llquantize(X, 10, 1, 5, 20);"
    "@percentiles.percentiles(X, 50, 99); @distinct.distinct(X); @rate.rate();"
    "@keyed[X & 3].stats(X); @many[X & 3].quantize(X);"
)


def mine(program: str) -> str:
    where = f"pid == {os.getpid()} && (s32)arg(0) == {DESCRIPTOR}"
    return f"kprobe:SyS_lseek / {where} / {{ {program} }}"


def call(values: Sequence[int]) -> None:
    for value in values:
        LIBC.lseek(DESCRIPTOR, value, 0)


def traced(program: str, values: Sequence[int]) -> dict[str, dict[Any, Any]]:
    """What the maps hold after the threads have called with these values, by name and key."""
    artifact = compile_source(Source("test", program), LiveHost(), Options())
    with Tracer(artifact) as tracer:
        tracer.load()
        tracer.attach()
        tracer.arm()
        threads = [threading.Thread(target=call, args=(values[number::THREADS],)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        tracer.stop()
        assert list(tracer.losses()) == []
        return {result.name: {row.key: row.value for row in result.rows} for result in tracer.maps()}


def exponential(random: Random) -> int:
    return int(random.expovariate(1 / 20000)) - 1500


def check(found: dict[str, dict[Any, Any]], values: Sequence[int]) -> None:
    """Every number is the one that Python computes."""
    one = {name[1:]: rows[()] for name, rows in found.items() if () in rows}
    assert (one["count"], one["sum"], one["min"], one["max"]) == (len(values), sum(values), min(values), max(values))
    mean, deviation = float(Fraction(sum(values), len(values))), float(statistics.pstdev(values))
    assert one["avg"] == mean
    assert one["stddev"] == pytest.approx(deviation, rel=1e-12)
    stats = one["stats"]
    assert (stats.count, stats.sum, stats.min, stats.max) == (one["count"], one["sum"], one["min"], one["max"])
    assert stats.squares == sum(value * value for value in values) and (stats.avg, stats.stddev) == (
        mean,
        one["stddev"],
    )
    for name in ("quantize", "lquantize", "llquantize"):
        buckets = one[name].buckets
        edges = [(-math.inf if b.low is None else b.low, math.inf if b.high is None else b.high) for b in buckets]
        places = Counter(next(edge for edge in edges if edge[0] <= value <= edge[1]) for value in values)
        assert [places[edge] for edge in edges] == [bucket.count for bucket in buckets], name
    for key in range(4):
        some = sorted(value for value in values if value & 3 == key)
        keyed = found["@keyed"][(key,)]
        assert (keyed.count, keyed.sum, keyed.min, keyed.max) == (len(some), sum(some), some[0], some[-1])
        assert found["@many"][(key,)].count == len(some)
    assert abs(one["distinct"] - len(set(values))) <= 4 * one["distinct"].error * len(set(values))
    assert one["rate"].count == len(values) and one["rate"].per_second > 1000


def test_signed_numbers_are_those_of_user_space() -> None:
    random = Random(1)
    values = [exponential(random) for _ in range(THREADS * CALLS)]
    check(traced(mine(ALL.replace("X", SIGNED)), values), values)


def test_unsigned_numbers_are_those_of_user_space() -> None:
    random = Random(2)
    values = [random.getrandbits(random.randrange(1, 65)) for _ in range(THREADS * CALLS)]
    found = traced(mine(ALL.replace("X", UNSIGNED)), [ctypes.c_int64(value).value for value in values])
    check(found, values)


DISTRIBUTIONS = {
    "uniform": lambda random: random.randrange(10**6),
    "exponential": lambda random: int(random.expovariate(1e-7)),
    "bimodal": lambda random: int(random.gauss(*random.choice([(2000, 50), (9 * 10**6, 10**5)]))),
    "constant": lambda random: 4097,
    "with negatives": lambda random: int(random.gauss(-20, 3000)),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_percentiles_are_in_their_intervals(name: str) -> None:
    random = Random(3)
    values = [DISTRIBUTIONS[name](random) for _ in range(10000)]
    found = traced(mine(f"@.percentiles({SIGNED}, 1, 50, 99, 999)"), values)["@"][()]
    assert found.count == len(values)
    for p, rank in ((1, 100), (50, 5000), (99, 9900), (99.9, 9990)):
        low, high = found.percentile(p)
        assert low <= sorted(values)[rank - 1] <= high
        assert (high - low + 1) * 16 <= max(16, min(abs(low), abs(high)))


def test_large_slots_are_made_when_their_keys_appear() -> None:
    """Slowly: the kernel gives out memory for the CPUs at once only while it has some at hand."""
    artifact = compile_source(Source("test", mine(f"@[{SIGNED}].percentiles({SIGNED})")), LiveHost(), Options())
    with Tracer(artifact) as tracer:
        tracer.load()
        tracer.attach()
        tracer.arm()
        for value in range(-3, 3):
            call([value] * 5)
            time.sleep(0.05)
        rows = {row.key: row.value for row in next(tracer.maps()).rows}
    assert [(rows[(value,)].count, *rows[(value,)].percentile(99)) for value in range(-3, 3)] == [
        (5, value, value) for value in range(-3, 3)
    ]


def test_distinct_is_exact_for_few_and_near_for_many() -> None:
    few = traced(mine(f"@.distinct({SIGNED})"), [number % 40 - 20 for number in range(10000)])["@"][()]
    assert few == 40 and not isinstance(few, Estimate)
    many = traced(mine(f"@.distinct({SIGNED})"), [number * number for number in range(20000)])["@"][()]
    assert isinstance(many, Estimate) and abs(many - 20000) <= 3 * many.error * 20000


def test_nothing_is_lost_where_probes_share_a_map() -> None:
    """The clock interrupts updates by system calls, and updates the same slots."""
    random = Random(4)
    values = [random.getrandbits(64) - (1 << 63) for _ in range(THREADS * CALLS)]
    update = "@stats.stats(X); @max.max(X); @count.count(); @quantize.quantize(X); @distinct.distinct(X);"
    at_return = f"kretprobe:SyS_lseek / pid == {os.getpid()} && retval == -9 /"
    programs = [mine(update.replace("X", SIGNED)), f"{at_return} {{ {update.replace('X', 'retval')} }}"]
    programs.append(f"profile:4999hz {{ {update.replace('X', '-3')} }}")
    found = {name: rows[()] for name, rows in traced(" ".join(programs), values).items()}
    stats, number = found["@stats"], len(values)
    samples = stats.count - 2 * number
    assert samples > 0
    assert stats.sum == sum(values) - 9 * number - 3 * samples
    assert stats.squares == sum(value * value for value in values) + 81 * number + 9 * samples
    assert (stats.min, stats.max, found["@max"]) == (min(values), max(values), max(values))
    assert found["@count"] == found["@quantize"].count == stats.count
    counts = {bucket.low: bucket.count for bucket in found["@quantize"].buckets}
    assert (counts[-15], counts[-3]) == (number, samples)


@pytest.mark.parametrize("number", [UNSIGNED, SIGNED])
def test_the_c_backend_writes_c(number: str) -> None:
    program = mine(ALL.replace("X", number)) + f" kretprobe:SyS_lseek {{ {ALL.replace('X', number)} }}"
    written = stages(Source("test", program), LiveHost(), Options(backend="c"))
    text = next(str(value) for name, value in written if name == "ir")
    compiler = ["cc", "-fsyntax-only", "-Werror=incompatible-pointer-types", "-x", "c", "-"]
    done = subprocess.run(compiler, input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr

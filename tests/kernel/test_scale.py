"""Millions of events: what was counted and what was lost is, together, what was produced. Fewer under emulation."""

import math
from pathlib import Path

from harness import Ply, slowness

FEWER = 20 if slowness() > 6 else 1
THREADS, CALLS = 8, 1_000_000 // FEWER
EVENTS = 2_000_000 // FEWER


def test_eight_million_events(ply: Ply, work: Path) -> None:
    """Eight threads call with the arguments 0 to 999,999 each."""
    names = ["count", "sum", "min", "max", "avg", "stddev", "stats", "quantize", "percentiles", "distinct"]
    updates = " ".join(f"@{name}.{name}({'args.pid' if name != 'count' else ''});" for name in names)
    program = f"syscall:getpgid / pid == $target / {{ {updates} @by[args.pid % 4].sum(args.pid) }}"
    result = ply.json("-c", program, command=[work, "threads", str(THREADS), "getpgid", str(CALLS)])
    assert result.lost() == {}
    total, mean = THREADS * sum(range(CALLS)), (CALLS - 1) / 2
    deviation = math.sqrt((CALLS * CALLS - 1) / 12)  # of 0 to CALLS - 1, each as often
    assert [result.value(f"@{name}") for name in ("count", "sum", "min", "max", "avg")] == [
        THREADS * CALLS, total, 0, CALLS - 1, mean,
    ]  # fmt: skip
    assert math.isclose(result.value("@stddev"), deviation, rel_tol=1e-9)
    stats = result.value("@stats")
    assert (stats["count"], stats["sum"], stats["min"], stats["max"]) == (THREADS * CALLS, total, 0, CALLS - 1)
    buckets = [bucket for bucket in result.value("@quantize")["buckets"] if bucket["count"]]
    for bucket in buckets:
        low, high = bucket["min"], min(bucket["max"], CALLS - 1)
        assert bucket["count"] == THREADS * (high - low + 1)
    assert sum(bucket["count"] for bucket in buckets) == THREADS * CALLS
    assert result.rows("@by") == {(rest,): THREADS * sum(range(rest, CALLS, 4)) for rest in range(4)}
    for each in result.value("@percentiles")["percentiles"]:
        assert each["low"] <= each["p"] * CALLS / 100 <= each["high"] + 1
    distinct = result.value("@distinct")
    distinct = distinct["estimate"] if isinstance(distinct, dict) else distinct
    assert abs(distinct - CALLS) < 0.1 * CALLS


def test_five_thousand_keys_in_a_map_of_1024(ply: Ply, work: Path) -> None:
    program = "syscall:getpgid / pid == $target / { @[args.pid].count() }"
    result = ply.json("--map-entries", "1024", "-c", program, command=[work, "threads", "4", "getpgid", "5000"])
    kept = sum(result.rows().values())
    assert len(result.rows()) <= 1024
    assert kept + result.lost()["@", "map full"] == 4 * 5000


def test_events_at_full_speed(ply: Ply, work: Path) -> None:
    """Each call prints a line; those that find no room are counted."""
    program = 'syscall:getppid / pid == $target / { printf("%d %s\\n", pid, comm) }'
    result = ply("-c", program, command=[work, "threads", "2", "getppid", str(EVENTS // 2)])
    lines = [line for line in result.stdout.splitlines() if line.endswith(" work")]
    told = [line for line in result.stderr.splitlines() if "events lost" in line]
    lost = int(told[-1].rpartition(": ")[2].split()[0].replace(",", "")) if told else 0
    assert len(lines) + lost == EVENTS, result.stderr[-500:]


def test_forty_thousand_keys(ply: Ply, work: Path) -> None:
    """So many that they are read, ordered and printed by columns, which every way out shows as rows."""
    keys = 40_000
    counted = "syscall:getpgid / pid == $target / { @[args.pid, args.pid % 3].count() }"
    arguments = ["--map-entries", str(keys), "-c", counted]
    expected = [(key, key % 3) for key in range(keys)]
    assert ply.json(*arguments, command=[work, "getpgid", str(keys)]).rows() == dict.fromkeys(expected, 1)
    text = ply(*arguments, command=[work, "getpgid", str(keys)]).stdout
    assert text.splitlines()[1:] == ["@:", *(f"{key:5}, {rest}: 1" for key, rest in expected)]
    top = ply(*arguments, "--top", "2", "-f", "csv", command=[work, "getpgid", str(keys)]).stdout
    assert top.splitlines()[-2:] == [f"@,{keys - 2},{(keys - 2) % 3},1", f"@,{keys - 1},{(keys - 1) % 3},1"]

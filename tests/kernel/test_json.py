"""`-f json` exactly as the contract has it: one object a line, these members and no others, of these types."""

import os
from pathlib import Path
from typing import Any

import pytest
from harness import Ply, Result

MEMBERS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "start": {"type": str, "v": int, "probes": int, "program": str, "host": str, "kernel": str},
    "print": {"type": str, "time": int, "text": str},
    "map": {"type": str, "name": str, "aggregation": str, "keys": list, "rows": list},
    "lost": {"type": str, "where": str, "reason": str, "count": int},
    "end": {"type": str, "status": int, "seconds": (int, float), "lost": int, "command": dict},
}

PROGRAM = """
BEGIN { printf("hello\\n"); print("x", 1) }
kprobe:SyS_getpgid / pid == $target / {
    @[comm, pid].count();
    @total.sum(arg(0));
    @sizes.quantize(arg(0));
    @by[arg(0) < 20].quantize(arg(0));
    @plain[arg(0)] = "text";
    @stacks[stack].count();
}
kretprobe:SyS_close / pid == $target / { @negative.quantize(retval) }
END { printf("%s %d\\n", "bye", -1) }
"""


@pytest.fixture
def result(ply: Ply, work: Path) -> Result:
    return ply.json("--map-entries", "16", "-c", PROGRAM, command=[work, "getpgid", "30", "close", "2"])


def test_records(result: Result) -> None:
    check_members(result)
    check_order(result)
    check_start(result.records[0])
    check_maps(result)
    check_histograms(result)
    check_stacks(result)
    check_losses(result)


def check_members(result: Result) -> None:
    assert {record["type"] for record in result.records} == set(MEMBERS)
    for record in result.records:
        types = MEMBERS[record["type"]]
        assert set(record) == set(types), record
        assert all(isinstance(record[name], kind) for name, kind in types.items()), record
    for row in (row for record in result.of("map") for row in record["rows"]):
        assert set(row) == {"key", "value"}
        assert isinstance(row["key"], list)


def check_order(result: Result) -> None:
    kinds = [record["type"] for record in result.records]
    assert (kinds[0], kinds[-1]) == ("start", "end")
    assert kinds.count("start") == kinds.count("end") == 1
    assert result.printed() == ["hello\n", "x, 1\n", "bye -1\n"]
    times = [record["time"] for record in result.of("print")]
    assert times == sorted(times)


def check_start(start: dict[str, Any]) -> None:
    assert (start["v"], start["program"]) == (1, PROGRAM)
    assert (start["host"], start["kernel"]) == (os.uname().nodename, os.uname().release)
    assert start["probes"] == 4


def check_maps(result: Result) -> None:
    heads = {record["name"]: (record["aggregation"], record["keys"]) for record in result.of("map")}
    assert heads == {
        "@": ("count", ["comm", "pid"]),
        "@total": ("sum", []),
        "@sizes": ("quantize", []),
        "@by": ("quantize", ["arg(0) < 20"]),
        "@plain": ("", ["arg0"]),
        "@stacks": ("count", ["stack"]),
        "@negative": ("quantize", []),
    }
    ((comm, pid), count) = next(iter(result.rows().items()))
    assert (comm, count) == ("work", 30)
    assert isinstance(pid, int)
    assert result.value("@total") == sum(range(30))
    assert set(result.rows("@plain").values()) == {"text"}


def check_histograms(result: Result) -> None:
    def bucket(low: int, high: int, count: int) -> dict[str, int]:
        return {"min": low, "max": high, "count": count}

    small = [bucket(0, 0, 1), bucket(1, 1, 1), bucket(2, 3, 2), bucket(4, 7, 4), bucket(8, 15, 8)]
    assert result.value("@sizes") == {"count": 30, "buckets": [*small, bucket(16, 31, 14)]}
    assert result.rows("@by")[0,] == {"count": 10, "buckets": [bucket(16, 31, 10)]}
    assert result.value("@negative") == {"count": 2, "buckets": [bucket(-15, -8, 2)]}


def check_stacks(result: Result) -> None:
    stacks = [key[0] for key in result.rows("@stacks")]
    assert stacks
    assert all(isinstance(frame, str) for stack in stacks for frame in stack)


def check_losses(result: Result) -> None:
    assert result.lost() == {("@plain", "map full"): 14}
    assert result.records[-1]["lost"] == 14
    assert len(result.rows("@plain")) == 16
    assert "--map-entries" in result.stderr


def test_keys_keep_their_types(ply: Ply) -> None:
    program = 'BEGIN { @["\\xff\\n\\"", -1, 0xffffffffffffffff] = -9223372036854775807; exit(3) }'
    result = ply("-f", "json", "-c", program)
    assert result.status == 3
    assert result.stdout.isascii()
    assert result.rows() == {('\udcff\n"', -1, (1 << 64) - 1): -(1 << 63) + 1}
    assert result.records[-1]["status"] == 3


def test_an_empty_map_is_left_out(ply: Ply) -> None:
    result = ply.json("-c", "BEGIN { if (uid) { @never.count(); @nor[pid] = 1 } exit() }")
    assert result.of("map") == []

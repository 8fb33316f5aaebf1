"""Counts are exact: several processors on one key, every kind of value, and each way to attach."""

from pathlib import Path

import pytest
from harness import KPROBES, Ply

THREADS = 4
CALLS = 5000
ALL = THREADS * CALLS


def test_several_processors_on_one_key(ply: Ply, work: Path) -> None:
    program = """kprobe:SyS_getpgid / pid == $target / {
        @count.count(); @counts["key"].count();
        @sum.sum(arg(0)); @sums["key"].sum(-3);
        @sizes.quantize(arg(0)); @quantized["key"].quantize(0 - arg(0) * 0 - 1);
        @cpus[cpu].count();
    }"""
    result = ply.json("-c", program, command=[work, "threads", str(THREADS), "getpgid", str(CALLS)])
    assert result.lost() == {}
    assert result.value("@count") == result.rows("@counts")["key",] == ALL
    assert result.value("@sum") == THREADS * sum(range(CALLS))
    assert result.rows("@sums")["key",] == -3 * ALL
    assert result.value("@sizes")["count"] == result.rows("@quantized")["key",]["count"] == ALL
    assert result.value("@sizes")["buckets"][3] == {"min": 4, "max": 7, "count": 4 * THREADS}
    assert sum(result.rows("@cpus").values()) == ALL


def test_two_programs_on_one_key(ply: Ply, work: Path) -> None:
    """They interrupt each other, and count into the same slot."""
    program = "kprobe:SyS_getppid, kretprobe:SyS_getppid / pid == $target / { @.count(); @one[1].sum(2) }"
    result = ply.json("-c", program, command=[work, "threads", str(THREADS), "getppid", str(CALLS)])
    assert result.value() == 2 * ALL
    assert result.rows("@one") == {(1,): 4 * ALL}
    assert result.lost() == {}


def test_many_keys_from_several_processors(ply: Ply, work: Path) -> None:
    """Each key appears on all processors at about the same time: one entry, and no update lost."""
    program = "kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() }"
    result = ply.json("-c", program, command=[work, "threads", str(THREADS), "getpgid", str(CALLS)])
    assert result.rows() == {(number,): THREADS for number in range(CALLS)}


def test_signed_results(ply: Ply, work: Path) -> None:
    program = """kretprobe:SyS_close / pid == $target / { @[retval].count(); @sum.sum(retval); @sizes.quantize(retval) }
                 kretprobe:SyS_read / pid == $target / { @sizes.quantize(retval) }"""
    result = ply.json("-c", program, command=[work, "close", "5", "read", "4096", "3", "read", "1", "2"])
    assert result.rows()[-9,] == 5
    assert result.value("@sum") == -45
    found = {(each["min"], each["max"]): each["count"] for each in result.value("@sizes")["buckets"] if each["count"]}
    assert found == {(-15, -8): 5, (1, 1): 2, (4096, 8191): 3}


@pytest.mark.parametrize("way", ["tp_btf", "tracepoint", "kprobe"])
def test_each_way_to_attach_counts_the_same(ply: Ply, work: Path, way: str) -> None:
    program = """kprobe:SyS_getpgid / pid == $target / { @[func, arg(0)].count() }
                 kretprobe:SyS_close / pid == $target / { @results[func, retval].count() }"""
    result = ply("-f", "json", "--via", way, "-c", program, command=[work, "getpgid", "100", "close", "7"])
    if way == "kprobe" and not KPROBES:
        assert result.status == 3
        assert "CONFIG_KPROBES" in result.stderr
        return
    assert result.status == 0
    assert result.rows() == {("sys_getpgid", number): 1 for number in range(100)}
    assert result.rows("@results") == {("sys_close", -9): 7}


def test_all_six_arguments(ply: Ply, work: Path) -> None:
    """Of a system call: argument 3 is in r10, not in rcx, which the call overwrites."""
    program = """kprobe:SyS_mmap / pid == $target && arg(4) == 0xffffffff / {
        @[arg(2), arg(3), arg(5)].count()
    }"""
    result = ply.json("-c", program, command=["sh", "-c", "exit 0"])
    private_anonymous = 0x22
    assert (3, private_anonymous, 0) in result.rows()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_map_of_many_keys_is_whole(ply: Ply, work: Path, threads: int) -> None:
    """getpgid(2) of 0, 1, 2 ... from each thread: every key that often, in order."""
    program = "kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() }"
    command = [work, "threads", str(threads), "getpgid", "50000"]
    result = ply("-q", "--map-entries", "60000", "-c", program, command=command)
    assert result.status == 0 and not result.stderr
    assert result.stdout.splitlines() == ["", "@:", *(f"{key:5}: {threads}" for key in range(50000))]

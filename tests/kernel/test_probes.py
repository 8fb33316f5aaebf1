"""Probes other than system calls: BEGIN, END, intervals, samples, tracepoints, kernel functions, and their stacks."""

import errno
import re
from pathlib import Path
from unittest.mock import ANY

import pytest
from harness import KPROBES, Ply
from plytrace.runtime.kernel import cpus, tracefs

FRAME = re.compile(r"[\w.]+\+0x[0-9a-f]+( \[\w+\])?")


def test_begin_comes_first_and_end_last(ply: Ply, work: Path) -> None:
    program = """
        END { printf("last\\n"); @n = @n + 100 }
        kprobe:SyS_getppid / pid == $target / { printf("event\\n"); @n = @n * 2 }
        BEGIN { @n = 1; printf("first\\n") }
        BEGIN { printf("second\\n") }
    """
    result = ply.json("-c", program, command=[work, "getppid", "3"])
    assert result.printed() == ["first\n", "second\n", *["event\n"] * 3, "last\n"]
    assert result.value("@n") == 108


@pytest.mark.parametrize("ending", ["BEGIN { exit() }", "interval:10ms { exit() }"])
def test_end_runs_after_exit(ply: Ply, ending: str) -> None:
    assert ply("-c", f'{ending} END {{ printf("end\\n") }}').stdout == "end\n"


def test_nothing_counts_before_begin_or_after_exit(ply: Ply, work: Path) -> None:
    program = """kprobe:SyS_getpgid / pid == $target / { @.count(); if (arg(0) == 9) exit() }
                 kprobe:SyS_execve / pid == $target / { @executed.count() }"""
    result = ply.json("-c", program, command=[work, "getpgid", "10000"])
    assert result.value() == 10
    assert result.value("@executed") == 1


def test_interval(ply: Ply) -> None:
    result = ply.json("-t", "1", "-c", "interval:50ms { @.count() } i:20ms { @more.count() } i:100 { @never.count() }")
    seconds = result.records[-1]["seconds"]
    for name, period in (("@", 0.05), ("@more", 0.02)):
        assert 0.5 * seconds / period < result.value(name) <= seconds / period
    assert result.value("@never") is None


def test_an_interval_ends_the_run_after_so_many(ply: Ply) -> None:
    result = ply.json("-c", "interval:1ms { @n = @n + 1; @.count(); if (@n == 20) exit() }")
    assert result.value() == result.value("@n") == 20


def test_profile(ply: Ply, work: Path) -> None:
    online = cpus.online()
    command = [work, "threads", str(len(online)), "spin"]
    program = "profile:99hz { @[cpu].count(); @comms[comm].count() } p:5ms { @often.count() }"
    result = ply.json("-t", "1", "-c", program, command=command)
    seconds = result.records[-1]["seconds"]
    assert set(result.rows()) == {(cpu,) for cpu in online}
    for count in result.rows().values():
        assert 0.1 * 99 * seconds < count < 1.5 * 99 * seconds
    assert result.value("@often") > sum(result.rows().values()) / 2
    assert result.rows("@comms")["work",] > 0


def test_tracepoint(ply: Ply, work: Path) -> None:
    program = "tracepoint:sched:sched_switch { @all.count(); @[comm].count() } t:sched/sched_wakeup { @woken.count() }"
    result = ply.json("-c", program, command=[work, "sleep", "20"])
    assert result.rows()["work",] >= 20
    assert result.value("@all") >= sum(result.rows().values()) > 0
    assert result.value("@woken") >= 20


def test_tracepoint_of_a_system_call(ply: Ply, work: Path) -> None:
    program = "tracepoint:syscalls:sys_enter_getppid / pid == $target / { @[func].count() }"
    result = ply("-f", "json", "-c", program, command=[work, "getppid", "321"])
    if not Path(tracefs.folder(), "events/syscalls").exists():  # without CONFIG_FTRACE_SYSCALLS
        assert result.status == 3
        assert "sys_enter_getppid" in result.stderr
        return
    assert result.rows() == {("syscalls:sys_enter_getppid",): 321}


@pytest.mark.parametrize("way", ["tp_btf", "tracepoint"])
def test_records_of_system_calls_with_and_without_the_record(ply: Ply, work: Path, way: str) -> None:
    """What the kernel would put into the record is what its registers say: both ways count the same."""
    program = """
        t:raw_syscalls:sys_enter / pid == $target / { @[args.id, args.args[0], func].count() }
        t:raw_syscalls:sys_exit / pid == $target && data->id == 3 / { @[data->id, data->ret, func].count() }
    """
    result = ply.json("--via", way, "-c", program, command=[work, "getpgid", "5", "close", "7"])
    enter, back = "raw_syscalls:sys_enter", "raw_syscalls:sys_exit"
    assert [result.rows()[121, number, enter] for number in range(5)] == [1] * 5
    assert result.rows()[3, 10000, enter] == result.rows()[3, -errno.EBADF, back] == 7
    named = """
        t:syscalls:sys_enter_openat / pid == $target / { @[args.dfd, args.flags, args.__syscall_nr].count() }
        t:syscalls:sys_exit_close / pid == $target / { @closed[args.ret, func].count() }
        t:syscalls:sys_enter_openat / pid == $target && str(args.filename) == "/dev/zero" / { @zero[func].count() }
    """
    result = ply("--via", way, "-f", "json", "-c", named, command=[work, "read", "1", "9", "close", "7"])
    if not Path(tracefs.folder(), "events/syscalls").exists():
        assert result.status == 3 and "sys_enter_openat" in result.stderr
        return
    assert result.rows("@closed")[-errno.EBADF, "syscalls:sys_exit_close"] == 7
    assert result.rows("@zero") == ({("syscalls:sys_enter_openat",): 1} if way == "tp_btf" else ANY)
    assert {(directory, number) for directory, _, number in result.rows()} == {(-100, 257)}


def test_the_context_of_a_tracepoint_is_its_record(ply: Ply, work: Path) -> None:
    program = "t:raw_syscalls:sys_exit / pid == $target / { @[*(s64 *)(ctx + 8), *(s64 *)(ctx + 16)].count() }"
    result = ply.json("-c", program, command=[work, "close", "7"])
    assert result.rows()[3, -errno.EBADF] == 7


def test_several_tracepoints(ply: Ply, work: Path) -> None:
    program = "tracepoint:raw_syscalls:sys_* / pid == $target / { @[func].count() }"
    result = ply.json("-c", program, command=[work, "getppid", "50"])
    found = result.rows()
    assert set(found) == {("raw_syscalls:sys_enter",), ("raw_syscalls:sys_exit",)}
    assert found["raw_syscalls:sys_enter",] >= 50


def check_stacks(stacks: list[tuple[str, ...]], somewhere: str) -> None:
    """Every frame has a name, and some stack goes through `somewhere`."""
    assert stacks
    assert [frame for stack in stacks for frame in stack if not FRAME.fullmatch(frame)] == []
    assert any(frame.startswith(somewhere) for stack in stacks for frame in stack), stacks


def test_stacks_of_a_tracepoint(ply: Ply, work: Path) -> None:
    program = "tracepoint:sched:sched_switch / pid == $target / { @[stack].count() }"
    result = ply.json("-c", program, command=[work, "sleep", "20"])
    check_stacks([key[0] for key in result.rows()], "schedule+")
    assert any("nanosleep" in frame for key in result.rows() for frame in key[0])


def test_stacks_of_samples(ply: Ply, work: Path) -> None:
    """In user code there is no kernel stack, which is no loss."""
    command = [work, "read", "1000000", "1000000"]
    result = ply.json("-t", "0.5", "-c", "profile:999hz { @[stack].count() }", command=command)
    assert result.lost() == {}
    named = [frame for key in result.rows() for frame in key[0] if FRAME.fullmatch(frame)]
    assert named


def test_stacks_as_text(ply: Ply, work: Path) -> None:
    program = "kprobe:SyS_getppid / pid == $target / { @[stack, comm].count() }"
    output = ply("-c", program, command=[work, "getppid", "3"]).stdout
    assert output.startswith("\n@:\n")
    assert re.search(r"^ +do_syscall_64\+0x[0-9a-f]+$", output, re.MULTILINE)
    assert re.search(r"^stack, work: 3$", output, re.MULTILINE)


def test_kernel_functions(ply: Ply, work: Path) -> None:
    """Entry and return of plain functions, one and many; where there are no kprobes, the message says so."""
    program = """kprobe:vfs_read / pid == $target / { @[arg(2)].count(); @stacks[stack].count() }
                 kretprobe:vfs_read / pid == $target / { @results[retval].count() }
                 kprobe:vfs_* / pid == $target / { @by[func].count() }"""
    result = ply("-f", "json", "-c", program, command=[work, "read", "4321", "30"])
    if not KPROBES:
        assert (result.status, result.stdout) == (3, "")
        assert "CONFIG_KPROBES" in result.stderr
        return
    assert result.status == 0
    assert result.rows()[4321,] == 30
    assert result.rows("@results")[4321,] == 30
    assert result.rows("@by")["vfs_read",] >= 30
    check_stacks([key[0] for key in result.rows("@stacks")], "vfs_read+")


def test_attributes_of_a_process(ply: Ply, work: Path) -> None:
    program = 'kprobe:SyS_getppid { if (comm == "work") @[pid == $target, pid == tid, uid, gid, cpu < 1024].count() }'
    other = ["setpriv", "--reuid", "12", "--regid", "34", "--clear-groups"]
    result = ply.json("-c", program, command=[*other, work, "getppid", "5"])
    assert result.rows() == {(1, 1, 12, 34, 1): 5}


def test_time_passes(ply: Ply) -> None:
    program = "BEGIN { @a = time } interval:20ms { @b = time; exit() }"
    result = ply.json("-c", program)
    assert result.value("@b") - result.value("@a") >= 20_000_000
    assert result.value("@b") < 10**9 * float(Path("/proc/uptime").read_text().split()[0]) + 10**9


def test_a_latency(ply: Ply, work: Path) -> None:
    program = """kprobe:SyS_clock_nanosleep / pid == $target / { @start[tid] = time }
        kretprobe:SyS_clock_nanosleep / @start[tid] / { @.quantize(time - @start[tid]); delete @start[tid] }"""
    result = ply.json("-c", program, command=[work, "sleep", "20"])
    assert result.value()["count"] == 20
    assert all(each["count"] == 0 or each["max"] > 1_000_000 for each in result.value()["buckets"])
    assert result.rows("@start") == {}


def test_strings_in_memory(ply: Ply, work: Path) -> None:
    program = """kprobe:SyS_open / pid == $target / { @[str(arg(0)), str(arg(0), 4), mem(arg(0), "3s")].count() }"""
    path = "/no/such/" + "x" * 300
    result = ply.json("-c", program, command=[work, "open", path, "open", "/a"])
    assert result.rows() == {(path[:127] + "…", path[:4] + "…", path[:3] + "…"): 1, ("/a", "/a", "/a"): 1}

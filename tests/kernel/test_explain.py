"""--explain: what would be done, without doing it."""

import time
from pathlib import Path

from harness import EMULATED, KPROBES, PLY, Ply


def test_places_sizes_and_ways_not_taken(ply: Ply, work: Path) -> None:
    program = """kprobe:SyS_read { @[comm].count() }
        BEGIN { printf("never printed\\n") }
        tracepoint:sched:sched_switch { @switches[args.prev_comm, stack].count() }
        syscall:*:return { @took[func].quantize(duration) }"""
    result = ply("--explain", "-c", program, command=[work, "getppid", "1"])
    assert (result.status, result.stderr) == (0, "")
    assert "never" not in result.stdout
    for text in (
        "kprobe:SyS_read: by tp_btf, at the raw tracepoint sys_enter (program 1)",
        "run by user space once, at BEGIN",
        "not by raw_tp: offers no fields",
        "at the tracepoint sched:sched_switch, with its record",
        "map of stacks: ",
        "map @took: ",
        "memory of all maps: ",
        "warning: kprobe:SyS_read: every system call of every process",
    ):
        assert text in result.stdout, text
    sizes = [line for line in result.stdout.splitlines() if line.startswith("program ")]
    assert len(sizes) == 5  # the fifth forgets threads
    assert all(0 < int(line.split()[2]) < 2000 for line in sizes)


def test_nothing_is_attached(ply: Ply) -> None:
    """Looked at by ply itself: no BPF_RAW_TRACEPOINT_OPEN, no BPF_LINK_CREATE, no perf event."""
    look = """kprobe:SyS_bpf / pid == $target / { @all.count(); if (arg0 == 17 || arg0 == 28) @attached.count() }
        kprobe:SyS_perf_event_open / pid == $target / { @attached.count() }"""
    program = "rt:sys_enter { @[stack].count() }"
    quiet = ["sh", "-c", 'exec "$@" >/dev/null', "sh", PLY]
    result = ply.json("-c", look, command=[*quiet, "--explain", "-c", program])
    assert result.value("@attached") is None
    assert result.value("@all") > 0
    assert ply.json("-c", look, command=[*quiet, "-t", "0.1", "-c", program]).value("@attached") == 1


def test_what_comes_often_is_measured(ply: Ply, work: Path) -> None:
    """A program that sleeps all the time switches thousands of times a second, where it is not emulated."""
    running = ply.start("-c", 'BEGIN { printf("begun\\n") }', command=[work, "threads", "20", "sleep", "100000"])
    running.wait_for("begun")
    before = switches_a_second()
    result = ply("--explain", "-c", "rt:sched_switch { @.count() } profile:9999hz { @p.count() }")
    rates = (before, switches_a_second())
    running.send(2)
    running.finish()
    assert min(rates) > 2000 or EMULATED, rates
    if not 500 < min(rates) < 2000 and not 500 < max(rates) < 2000:
        assert ("a second at this moment" in result.stdout) == (min(rates) >= 2000), (rates, result.stdout)
    assert "9999 samples a second on each CPU" in result.stdout


def switches_a_second() -> float:
    """Of all processes, by the kernel's own count."""

    def count() -> int:
        lines = Path("/proc/stat").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("ctxt "))

    first, began = count(), time.monotonic()
    time.sleep(0.3)
    return (count() - first) / (time.monotonic() - began)


def test_what_this_machine_cannot(ply: Ply) -> None:
    result = ply("--explain", "-c", "kprobe:vfs_read { @.count() }")
    if KPROBES:
        assert "of vfs_read" in result.stdout
        return
    assert (result.status, result.stdout) == (3, "")
    assert "CONFIG_KPROBES" in result.stderr

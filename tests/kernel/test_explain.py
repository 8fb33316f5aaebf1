"""--explain: what would be done, without doing it."""

from pathlib import Path

from harness import KPROBES, PLY, Ply


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
    """A program that sleeps all the time switches thousands of times a second."""
    running = ply.start("-c", "BEGIN { }", command=[work, "threads", "20", "sleep", "100000"])
    result = ply("--explain", "-c", "rt:sched_switch { @.count() } profile:9999hz { @p.count() }")
    running.send(2)
    running.finish()
    assert "a second at this moment" in result.stdout
    assert "9999 samples a second on each CPU" in result.stdout


def test_what_this_machine_cannot(ply: Ply) -> None:
    result = ply("--explain", "-c", "kprobe:vfs_read { @.count() }")
    if KPROBES:
        assert "of vfs_read" in result.stdout
        return
    assert (result.status, result.stdout) == (3, "")
    assert "CONFIG_KPROBES" in result.stderr

"""System calls: how long they take, whose they are, and what the ends of odd ones are called."""

import subprocess
from pathlib import Path

import pytest
from harness import Ply, stopped, until
from plytrace.compiler.options import Options
from plytrace.grammar.source import Source
from plytrace.runtime.build import build
from plytrace.runtime.command import Command
from plytrace.runtime.kernel import tracefs
from plytrace.runtime.tracer import Tracer

MIXED = """
.globl _start
_start:
    mov $100, %r12
1:  mov $20, %eax       # getpid(2) of 32-bit programs; writev(2) of 64-bit ones
    int $0x80
    dec %r12
    jnz 1b
    mov $7, %r12
2:  mov $20, %eax
    mov $1, %edi
    xor %esi, %esi
    xor %edx, %edx
    syscall
    dec %r12
    jnz 2b
    mov $60, %eax
    xor %edi, %edi
    syscall
"""
WAYS = ["tp_btf", "tracepoint"]


@pytest.mark.parametrize("way", WAYS)
def test_duration(ply: Ply, work: Path, way: str) -> None:
    """As many as there were, as long as they were asked to take, and much the same as by hand."""
    program = """syscall:clock_nanosleep:return / pid == $target / { @.quantize(duration); @sum.sum(duration) }
        kprobe:SyS_clock_nanosleep / pid == $target / { @start[tid] = time }
        kretprobe:SyS_clock_nanosleep / @start[tid] / { @hand.sum(time - @start[tid]); delete @start[tid] }
        syscall:*:return / pid == $target && duration < 1s / { @calls[func].count() }"""
    result = ply.json("--via", way, "-c", program, command=[work, "sleep", "20", "getppid", "30"])
    assert result.value()["count"] == 20
    assert all(each["count"] == 0 or each["max"] >= 1_000_000 for each in result.value()["buckets"])
    assert 0.8 < result.value("@sum") / result.value("@hand") < 1.25
    assert result.rows("@calls")["sys_clock_nanosleep",] == 20
    assert result.rows("@calls")["sys_getppid",] == 30
    assert result.lost() == {}


def test_duration_has_its_unit(ply: Ply, work: Path) -> None:
    program = "kretprobe:SyS_clock_nanosleep / pid == $target / { @.max(duration) }"
    assert "ms" in ply("-c", program, command=[work, "sleep", "2"]).stdout


def test_a_call_that_began_before_is_none_of_this_run(ply: Ply) -> None:
    """It returns in the middle of the run, and nobody knows how long it has taken."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as target:
        assert target.stdin is not None
        waits = lambda: "pipe" in Path(f"/proc/{target.pid}/wchan").read_text() or stopped(target.pid)  # noqa: E731
        until(lambda: waits() or Path(f"/proc/{target.pid}/stat").read_text().split()[2] == "S", "the wait")
        program = """syscall:read:return { @all.count() } syscall:read:return { @joined.quantize(duration) }
            i:20ms { printf("on\\n") }"""
        running = ply.start("-f", "json", "-p", str(target.pid), "-c", program)
        running.wait_for('"type":"print"')
        for _ in range(3):
            target.stdin.write(b"x\n")
            target.stdin.flush()
            until(lambda: Path(f"/proc/{target.pid}/stat").read_text().split()[2] == "S", "the next wait")
        target.stdin.close()
        target.wait()
    running.send(2)
    result = running.finish()
    assert 2 <= result.value("@all") <= 4
    assert result.value("@joined")["count"] == result.value("@all") - 1


def test_threads_that_die_leave_nothing_and_full_is_counted(work: Path) -> None:
    """With room for one call at a time, four threads' are counted or lost, each once; at the end nothing is left."""
    program = """syscall:clock_nanosleep:return { @.count(); @max.max(duration) }
        syscall:*:return { @all.max(duration) }"""
    built = build(Source("<test>", program), Options(target=True), use_cache=False)
    with Tracer(built.artifact) as tracer, Command([str(work), "threads", "4", "sleep", "10"]) as command:
        tracer.object.set_map_entries("ply_started", 1)
        tracer.load()
        command.start()
        tracer.attach()
        tracer.aim(command.pid)
        tracer.arm()
        command.go()
        until(command.ended, "the end of the command")
        tracer.stop()
        left = list(tracer.object.map("ply_started").items())
        lost = {place.reason for place, _ in tracer.losses()}
    assert left == []
    assert lost == {"map full"}


@pytest.mark.parametrize("way", WAYS)
def test_calls_of_32_bit_programs_are_not_taken_for_others(ply: Ply, tmp_path: Path, way: str) -> None:
    source, path = tmp_path / "mixed.s", tmp_path / "mixed"
    source.write_text(MIXED)
    subprocess.run(["cc", "-nostdlib", "-static", "-o", path, source], check=True)
    program = """kprobe:SyS_writev / pid == $target / { @.count() }
        kretprobe:SyS_writev / pid == $target / { @r.count() }
        kprobe:SyS_* / pid == $target / { @all[func].count() }
        tracepoint:raw_syscalls:sys_enter / pid == $target && args.id == 20 / { @raw.count() }"""
    result = ply.json("--via", way, "-c", program, command=[path])
    assert result.value() == result.value("@r") == result.rows("@all")["sys_writev",] == 7
    if result.value("@raw") != 107:
        assert result.value("@raw") is None  # this kernel has no 32-bit programs, and ended this one
    assert "sys_getpid" not in {name for (name,) in result.rows("@all")}


@pytest.mark.parametrize("way", WAYS)
def test_the_return_of_a_signal_handler(ply: Ply, way: str) -> None:
    program = """kretprobe:SyS_rt_sigreturn / pid == $target / { @.count() }
        kretprobe:SyS_* / pid == $target / { @all[func].count() }"""
    command = ["bash", "-c", "trap : USR1; kill -USR1 $$; kill -USR1 $$; :"]
    result = ply.json("--via", way, "-c", program, command=command)
    assert result.value() == result.rows("@all")["sys_rt_sigreturn",] == 2
    assert [name for (name,) in result.rows("@all") if name.removeprefix("sys_").lstrip("-").isdecimal()] == []


def test_a_way_that_there_is_not(ply: Ply) -> None:
    result = ply("--via", "tp_bft", "-c", "kprobe:SyS_read { @.count() }")
    assert (result.status, result.stdout) == (2, "")
    assert "did you mean `tp_btf`?" in result.stderr


def test_wrappers_that_exist(ply: Ply, work: Path) -> None:
    """Not every call that the architecture numbers is in every kernel."""
    program = "kprobe:SyS_* / pid == $target / { @[func].count() }"
    result = ply("--via", "kprobe", "-f", "json", "-c", program, command=[work, "getpgid", "77"])
    if not Path("/sys/bus/event_source/devices/kprobe").exists():
        assert (result.status, result.stdout) == (3, "")
        assert "CONFIG_KPROBES" in result.stderr
        return
    assert result.rows()["sys_getpgid",] == 77


@pytest.mark.parametrize("probe", ["syscall:clock_nanosleep", "t:syscalls:sys_enter_clock_nanosleep"])
def test_arguments_that_point_to_structures(ply: Ply, probe: str) -> None:
    """With the types that the kernel's own formats name: nothing has to be cast."""
    program = f"{probe} / pid == $target / {{ @[args.rqtp->tv_sec, args.rqtp->tv_nsec].count() }}"
    result = ply("-f", "json", "-c", program, command=["sleep", "0.25"])
    if not Path(tracefs.folder(), "events/syscalls").exists():  # without CONFIG_FTRACE_SYSCALLS
        assert result.status != 0
        return
    assert result.rows() == {(0, 250_000_000): 1}


def test_pointers_to_pointers(ply: Ply) -> None:
    program = "syscall:execve { @[str(args.filename), str(args.argv[1])].count() }"
    result = ply("-f", "json", "-c", program, command=["sh", "-c", "/bin/ls /dev/null >/dev/null; :"])
    if not Path(tracefs.folder(), "events/syscalls").exists():
        assert result.status != 0
        return
    assert result.rows()["/bin/ls", "/dev/null"] == 1

"""Whose events count, what the machine offers, and what is said where nothing was seen."""

import re
import subprocess
from pathlib import Path
from signal import SIGCONT, SIGINT

from harness import Ply, stopped, until


def test_around_a_command(ply: Ply, work: Path) -> None:
    result = ply.json("-c", "kprobe:SyS_getppid / pid == $target / { @.count() }", command=[work, "getppid", "100"])
    assert result.value() == 100


def test_exit_ends_the_command(ply: Ply, work: Path) -> None:
    program = 'interval:10ms { printf("%d\\n", $target); exit(5) }'
    result = ply("-c", program, command=[work, "spin"])
    assert result.status == 5
    assert not Path(f"/proc/{result.stdout.split()[0]}").exists()


def test_one_process(ply: Ply, work: Path) -> None:
    """`-p`: two processes do the same, one of them is asked for."""
    both = [subprocess.Popen([work, "stop", "getppid", str(10 * n)]) for n in (1, 2)]
    try:
        for process in both:
            until(lambda pid=process.pid: stopped(pid), "the work to stop")
        program = 'kprobe:SyS_getppid { @[pid].count() } interval:10ms { printf("armed\\n") }'
        running = ply.start("-f", "json", "-p", str(both[1].pid), "-c", program)
        running.wait_for("armed")
        for process in both:
            process.send_signal(SIGCONT)
            process.wait()
        running.send(SIGINT)
        assert running.finish().rows() == {(both[1].pid,): 20}
    finally:
        for process in both:
            process.kill()
            process.wait()


def test_one_command_and_its_children(ply: Ply, work: Path) -> None:
    """`$target` is the command's pid; what it starts has others."""
    program = "kprobe:SyS_getppid / pid == $target / { @own.count() } kprobe:SyS_getppid { @all[comm].count() }"
    script = f"{work} getppid 20; exec {work} getppid 10"
    result = ply.json("-c", program, command=["sh", "-c", script])
    assert result.rows("@all")["work",] == 30
    assert 10 <= result.value("@own") <= 12  # `sh` asks for its parent when it starts


def test_a_probe_that_saw_nothing(ply: Ply) -> None:
    """The note names what programs call instead, and only data goes to stdout."""
    result = ply("-c", "kprobe:SyS_creat { @.count() }", command=["cat", "/dev/null"])
    assert (result.status, result.stdout) == (0, "")
    assert result.stderr == "ply: kprobe:SyS_creat: 0 events; programs here call openat(2): try SyS_openat\n"


def test_probes_that_saw_nothing_beside_one_that_did(ply: Ply) -> None:
    """What the script has already is not suggested, and one line is enough."""
    program = "kprobe:SyS_openat, kprobe:SyS_creat, kprobe:SyS_mknod { @[pid == $target].count() }"
    result = ply("-c", program, command=["cat", "/dev/null"])
    assert result.stderr == "ply: kprobe:SyS_creat, kprobe:SyS_mknod: 0 events\n"


def test_the_seed_that_sees_nothing_today(ply: Ply) -> None:
    program = 'kprobe:SyS_open { printf("%16s(%5d): %s\\n", comm(), pid(), mem(arg(0), "128s")) }'
    result = ply("-c", program, command=["cat", "/dev/null"])
    if not result.stdout:  # else something else on this machine does call open(2)
        assert "kprobe:SyS_open: 0 events; programs here call openat(2): try SyS_openat\n" in result.stderr


def test_the_self_test(ply: Ply) -> None:
    result = ply("-T")
    assert result.status == 0, result
    for provider in ("interval", "syscall", "tracepoint", "uprobe"):
        assert re.search(rf"^ok +probe {provider} +100 events\b", result.stdout, re.MULTILINE), result.stdout


def test_a_list_of_probes(ply: Ply) -> None:
    assert "tracepoint:sched:sched_switch" in ply("-l", "tracepoint:sched:*").stdout
    assert re.search(
        r"^tracepoint:sched:sched_switch .*\bnext_pid\b", ply("-l", "t:sched:sched_switch").stdout, re.MULTILINE
    )
    assert "kprobe:SyS_openat" in ply("-l", "kprobe:SyS_open*").stdout

"""Patterns of kernel functions: hundreds are attached at once and gone at once; what cannot be probed is left out.

Where the kernel has no kprobes, each of these must say so; where it has no kprobe_multi links, there is a perf event
for each function, and the pattern is one of dozens, since each of them takes 40 ms to be taken out again.
"""

import os
import pty
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGINT
from threading import Thread

import pytest
from harness import KPROBES, Ply, Running, patience, until
from plytrace.compiler.options import Options
from plytrace.grammar.source import Source
from plytrace.runtime.build import build
from plytrace.runtime.host import LiveHost
from plytrace.runtime.kernel import bpf, features, perf, tracefs
from plytrace.runtime.tracer import Tracer

MULTI = KPROBES and features.kprobe_multi() is None
CONNECTIONS = 20
TRAFFIC = f"""
import _socket as it
server = it.socket()
server.bind(("127.0.0.1", 0))
server.listen()
for _ in range({CONNECTIONS}):
    client = it.socket()
    client.connect(server.getsockname())
    server._accept()
    client.close()
"""
TRAFFIC_COMMAND = [sys.executable, "-I", "-S", "-c", TRAFFIC]


def refused(ply: Ply, program: str) -> bool:
    """Whether this kernel has no kprobes, and says so."""
    if not KPROBES:
        result = ply("-t", "1", "-c", program)
        assert (result.status, result.stdout) == (3, "")
        assert "CONFIG_KPROBES" in result.stderr
    return not KPROBES


def traced() -> set[str]:
    """The functions at which something is, by the kernel's own lists."""
    found = Path(tracefs.folder(), "enabled_functions").read_text()
    listed = Path("/sys/kernel/debug/kprobes/list")
    return {line.split()[0] for line in found.splitlines()} | {
        re.split(r"[ +]+", line)[2] for line in (listed.read_text() if listed.exists() else "").splitlines()
    }


def perf_events(running: Running) -> int:
    """How many of them the command holds."""
    found = 0
    for path in Path(f"/proc/{running.pid}/fd").glob("*"):
        with suppress(FileNotFoundError):  # it has just been closed
            found += os.readlink(path) == "anon_inode:[perf_event]"
    return found


@pytest.mark.booted
def test_all_of_tcp(ply: Ply) -> None:
    """Each connection is made once; at the end nothing is left at any of the functions."""
    pattern = "*tcp*" if MULTI else "tcp_v4_*"
    program = f"kprobe:{pattern} {{ @[func].count() }} kretprobe:{pattern} / pid == $target / {{ @out[func].count() }}"
    if refused(ply, program):
        return
    before, programs = traced(), set(bpf.program_ids())
    result = ply.json("-c", program, command=TRAFFIC_COMMAND)
    assert not {name for name in traced() - before if "tcp" in name}
    until(lambda: set(bpf.program_ids()) <= programs, "the end of the programs")
    # A packet may come in while a program runs on that processor: then it is not seen there, and that is told.
    assert {reason for _, reason in result.lost()} <= {"nested event"}
    for probe, rows in (("kprobe", result.rows()), ("kretprobe", result.rows("@out"))):
        lost = result.lost().get((f"{probe}:{pattern}", "nested event"), 0)
        assert rows["tcp_v4_connect",] == CONNECTIONS
        assert rows["tcp_v4_rcv",] + lost >= 5 * CONNECTIONS
    assert len(result.rows()) > (50 if MULTI else 10)


@pytest.mark.booted
def test_hundreds_come_and_go_at_once() -> None:
    """By one link. Where there are none, dozens of perf events are closed side by side."""
    if not KPROBES:
        assert features.kprobes() is not None  # what a script is told is tested above
        return
    pattern = "*tcp*" if MULTI else "tcp_v*"
    source = Source("<test>", f"kprobe:{pattern} {{ @[func].count() }}")
    with Tracer(build(source, Options(), use_cache=False).artifact) as tracer:
        tracer.load()
        began = time.monotonic()
        tracer.attach()
        attaching = time.monotonic() - began
        (attached,) = tracer.attached
        links, events = len(attached.links), len(attached.events)
        half = [attached.events.pop() for _ in range(events // 2)]
        began = time.monotonic()
        perf.close_all(half)
        alone = time.monotonic() - began
        began = time.monotonic()
        tracer.detach()
        detaching = time.monotonic() - began
    functions = len(LiveHost().functions(pattern))
    print(f"\n{functions} functions: {attaching:.2f} s to attach, {detaching:.2f} s to detach, {links} + {events}")
    if MULTI:
        assert functions > 500
        assert links <= 2 and events == 0
        assert attaching < patience(0.5) and detaching < 0.04 * functions / 4
    else:
        assert functions > 30
        assert links == 0 and events >= functions
        assert detaching < 0.9 * alone, alone


@pytest.fixture
def terminal() -> Iterator[tuple[int, list[bytes]]]:
    """The end of a terminal for a command, and what it has written there."""
    written: list[bytes] = []
    ours, theirs = pty.openpty()

    def read() -> None:
        try:
            while data := os.read(ours, 4096):
                written.append(data)
        except OSError:  # nobody has the other end any more
            return

    reader = Thread(target=read, daemon=True)
    reader.start()
    yield theirs, written
    os.close(theirs)
    reader.join(patience(5))
    os.close(ours)


@pytest.mark.booted
def test_results_come_first_and_waiting_is_shown(ply: Ply, terminal: tuple[int, list[bytes]]) -> None:
    """One perf event each takes its time: a terminal shows how far it is, and the maps before they are taken out."""
    program = 'kprobe:tcp_[a-m]* { @[func].count() } BEGIN { @begun = 1; printf("begun\\n") }'
    if refused(ply, program):
        return
    theirs, written = terminal
    running = ply.start("--via", "kprobe", "-t", "0.1", "-c", program, stdout=theirs, stderr=theirs)
    until(lambda: b"@begun: 1" in b"".join(written), "the map")
    assert perf_events(running) > 20
    assert running.finish().status == 0
    until(lambda: written[-1].endswith(b"\r\x1b[K"), "the end of the progress")
    begun, _, after = b"".join(written).partition(b"@begun: 1")
    assert re.search(rb"attaching: \d+ of \d{2,} probes", begun.partition(b"begun")[0])
    assert re.search(rb"detaching: \d+ of \d{2,} probes", after)


@pytest.mark.booted
def test_an_interrupt_while_attaching(ply: Ply) -> None:
    """It is not the one that comes after hundreds of probes: those that are there are taken out, and that is all."""
    program = "kprobe:tcp_* { @.count() }"
    if refused(ply, program):
        return
    running = ply.start("--via", "kprobe", "-c", program)
    until(lambda: perf_events(running) > 5, "the first probes")
    running.send(SIGINT)
    most = 0
    while running.process.poll() is None:
        most = max(most, perf_events(running))
    result = running.finish()
    assert (result.status, result.stdout, result.stderr) == (0, "", "")
    assert most < len(LiveHost().functions("tcp_*")) / 2


@pytest.mark.booted
def test_what_the_kernel_bars_is_left_out_and_named(ply: Ply) -> None:
    program = "kprobe:*_notifier_call_chain { @[func].count() }"
    if refused(ply, program):
        return
    blacklist = Path("/sys/kernel/debug/kprobes/blacklist").read_text()
    functions = LiveHost().functions("*_notifier_call_chain")
    barred = [name for name in functions if f"\t{name}\n" in blacklist]
    assert 0 < len(barred) < len(functions)
    result = ply("--via", "kprobe", "-t", "0.1", "-c", program)
    assert result.status == 0
    assert f"allows no probe in {len(barred)} function" in result.stderr
    assert all(name in result.stderr for name in barred[:5])
    assert "allows no" not in ply("-q", "--via", "kprobe", "-t", "0.1", "-c", program).stderr
    result = ply("--via", "kprobe", "-t", "0.1", "-c", f"kprobe:{barred[0]} {{ @.count() }}")
    assert result.status == 3
    assert f"no probe in {barred[0]}" in result.stderr


@pytest.mark.booted
@pytest.mark.parametrize("way", ["kprobe", *(["kprobe_multi"] if MULTI else [])])
def test_functions_that_share_a_name(ply: Ply, way: str) -> None:
    """All of them are meant: `c_start` is one for each of three files in /proc."""
    program = 'kprobe:c_start / pid == $target / { @[reg("ip"), func].count() }'
    if refused(ply, program):
        return
    code = "for name in ('cpuinfo', 'crypto', 'consoles'): open('/proc/' + name).read()"
    result = ply.json("--via", way, "-c", program, command=[sys.executable, "-I", "-S", "-c", code])
    symbols = (line.split() for line in Path("/proc/kallsyms").read_text().splitlines())
    there = sorted(int(words[0], 16) for words in symbols if words[2] == "c_start" and words[1] in "tT")
    seen = sorted(address for address, _ in result.rows())
    assert len(there) == len(seen) == 3
    assert all(0 <= at - address <= 9 for at, address in zip(seen, there, strict=True))
    assert {name for _, name in result.rows()} == {"c_start"}


def test_half_of_the_kernel(ply: Ply) -> None:
    """20,000 functions by a link, and no perf events by the thousands."""
    program = "kprobe:[a-m]* / pid == $target / { @[func].count() }"
    if refused(ply, program):
        return
    result = ply("-f", "json", "-c", program, command=[sys.executable, "-I", "-S", "-c", ""])
    if not MULTI:
        assert (result.status, result.stdout) == (3, "")
        assert "minutes" in result.stderr and "name at most" in result.stderr
        return
    assert result.status == 0
    assert len(result.rows()) > 200
    assert result.rows()["bprm_execve",] == 1
    assert {reason for _, reason in result.lost()} <= {"nested event", "missed by the kernel"}

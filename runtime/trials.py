"""One trial of every provider: a program, work of a known amount in this process, and what has to come of it.

`-T` shows how they end here; the table in docs/probes.md says how they ended on the kernels that the tests run on.
"""

import mmap
import os
import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from ..compiler.host import Missing
from ..compiler.machine import machine
from ..compiler.options import Options
from ..grammar.source import Source
from .binaries import find_binary
from .build import build
from .kernel import bpf
from .kernel.syscalls import Buffer, address
from .signals import Caught
from .tracer import Tracer, signals

_TIMES = 100
_SIZE = 77
_PAGES = 50


class Trial(NamedTuple):
    """`program` has `PID` and `ADDRESS` where this process's own are meant; `least` is what its map has at least."""

    provider: str
    program: str
    work: Callable[[Tracer], None]
    least: int
    most: int


_word = Buffer(8)


def _calls(tracer: Tracer) -> None:
    for _ in range(_TIMES):
        os.getppid()


def _reads(tracer: Tracer) -> None:
    zeros = os.open("/dev/zero", os.O_RDONLY | os.O_CLOEXEC)
    for _ in range(_TIMES):
        os.read(zeros, _SIZE)
    os.close(zeros)


def _faults(tracer: Tracer) -> None:
    with mmap.mmap(-1, _PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        for page in range(_PAGES):
            memory[page * mmap.PAGESIZE] = 1


def _stores(tracer: Tracer) -> None:
    tracer.watch(os.getpid())
    word = memoryview(_word).cast("Q")  # one store of eight bytes
    for number in range(_TIMES):
        word[0] = number


def _busy(tracer: Tracer) -> None:
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass


def _list(tracer: Tracer) -> None:
    for link in tracer.lists():
        bpf.read_iterator(link)


def _ticks(tracer: Tracer) -> None:
    for _, program in tracer.timers():
        for _ in range(_TIMES):
            tracer.tick(program)


def _signals(tracer: Tracer) -> None:
    programs = signals(tracer.artifact)
    caught = Caught(programs)
    for _ in range(_TIMES):
        os.kill(os.getpid(), signal.SIGUSR1)
    for number in caught.take():
        tracer.tick(programs[number])
    caught.close()


def _nothing(tracer: Tracer) -> None:
    return


_MANY = 1 << 62
_READ = f"/ pid == PID && arg(2) == {_SIZE} / {{ @.count() }}"
_NAMED = f"/ pid == PID && args.count == {_SIZE} / {{ @.count() }}"
_BACK = f"/ pid == PID && retval == {_SIZE} / {{ @.count() }}"
_MINE = "/ pid == PID / { @.count() }"

TRIALS: tuple[Trial, ...] = (
    Trial("BEGIN", "BEGIN { @.count() }", _nothing, 1, 1),
    Trial("interval", "interval:1s { @.count() }", _ticks, _TIMES, _TIMES),
    Trial("signal", "signal:SIGUSR1 { @.count() }", _signals, _TIMES, _TIMES),
    Trial("syscall", f"syscall:getppid {_MINE}", _calls, _TIMES, _TIMES),
    Trial("tracepoint", "tracepoint:raw_syscalls:sys_enter / pid == PID && args.id == NUMBER / { @.count() }",
          _calls, _TIMES, _TIMES),
    Trial("rawtracepoint", "rawtracepoint:sys_enter / pid == PID && args.id == NUMBER / { @.count() }",
          _calls, _TIMES, _TIMES),
    Trial("kprobe", f"kprobe:vfs_read {_READ}", _reads, _TIMES, _TIMES),
    Trial("kretprobe", f"kretprobe:vfs_read {_BACK}", _reads, _TIMES, _TIMES),
    Trial("fentry", f"fentry:vfs_read {_NAMED}", _reads, _TIMES, _TIMES),
    Trial("fexit", f"fexit:vfs_read {_BACK}", _reads, _TIMES, _TIMES),
    Trial("uprobe", f"uprobe:libc:getppid {_MINE}", _calls, _TIMES, _TIMES),
    Trial("uretprobe", f"uretprobe:libc:getppid {_MINE}", _calls, _TIMES, _TIMES),
    Trial("usdt", "usdt:MARKED:* { @.count() } BEGIN { @began.count() }", _nothing, 0, _MANY),
    Trial("profile", f"profile:499hz {_MINE}", _busy, 5, _MANY),
    Trial("software", f"software:page-faults {_MINE}", _faults, _PAGES, _MANY),
    Trial("hardware", f"hardware:cycles:1e5 {_MINE}", _busy, 5, _MANY),
    Trial("watchpoint", f"watchpoint:ADDRESS:8:w {_MINE}", _stores, _TIMES, _TIMES),
    Trial("iter", "iter:task / args.task->pid == PID / { @.count() }", _list, 1, 1),
)  # fmt: skip


def attempt(trial: Trial) -> str:
    """What is wrong with how it came out, "" if nothing is; raises PlyError where this machine cannot do it at all."""
    numbers = {name: number for number, name in machine(os.uname().machine).syscalls.items()}
    words = {"PID": str(os.getpid()), "ADDRESS": hex(address(_word)), "NUMBER": str(numbers["getppid"])}
    text = trial.program
    if "MARKED" in text:
        words["MARKED"] = _marked()
    for word, value in words.items():
        text = text.replace(word, value)
    found = count(text, trial.work)
    if trial.least <= found <= trial.most:
        return ""
    return f"of {trial.least} events, {found} were counted"


def _marked() -> str:
    """A library with probes of its own, as most systems have one; else one without, which is then told."""
    binaries = ((name, find_binary(name)) for name in ("libc", "libstdc++", "libglib-2.0", "libjvm", "python3"))
    return next((name for name, found in binaries if not isinstance(found, Missing) and found.notes()), "libc")


def count(program: str, work: Callable[[Tracer], None]) -> int:
    """The value of the program's map `@`, 0 where it has none, after `work` was done while it counted."""
    built = build(Source("<self-test>", program), Options(), use_cache=False)
    with Tracer(built.artifact) as tracer:
        tracer.load()
        tracer.attach()
        tracer.run("BEGIN")
        tracer.arm()
        work(tracer)
        tracer.stop()
        values = [row.value for result in tracer.maps() if result.name == "@" for row in result.rows]
        return int(str(values[0])) if values else 0

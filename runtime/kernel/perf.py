"""Perf events to hang BPF programs on: tracepoints, kprobes without `kprobe_events`, CPU clocks. Raises OSError.

An event is a file descriptor: closing it, or the end of the process in whatever way, takes the probe out.
perf_event_open(2); `struct perf_event_attr` in linux/perf_event.h; kprobe PMU: Documentation/ABI and
`/sys/bus/event_source/devices/kprobe/format`.
"""

import fcntl
import os
import struct
from collections.abc import Callable
from typing import NamedTuple

from . import cpus
from .syscalls import Buffer, address, perf_event_open, text

KPROBE_PMU = "/sys/bus/event_source/devices/kprobe"
UPROBE_PMU = "/sys/bus/event_source/devices/uprobe"

HARDWARE, SOFTWARE, _TRACEPOINT, _BREAKPOINT = 0, 1, 2, 5  # enum perf_type_id
_DUMMY = 9  # enum perf_sw_ids
_ATTR_SIZE = 112  # PERF_ATTR_SIZE_VER5: all that is used here, known to kernels since 4.1
_DISABLED, _FREQUENCY = 1 << 0, 1 << 10  # the bit field at offset 40
_PROCESSES = sum(1 << bit for bit in (8, 9, 13, 18, 23, 24))  # mmap, comm, task, sample_id_all, mmap2, comm_exec
_SAMPLE_TIME, _SAMPLE_ADDRESS = 1 << 2, 1 << 3  # enum perf_event_sample_format
_INHERIT, _INHERIT_THREADS, _UNTIL_EXEC = 1 << 1, 1 << 35, 1 << 36  # inherit, inherit_thread, remove_on_exec
_MODES = {"r": 1, "w": 2, "x": 4}  # enum of linux/hw_breakpoint.h
_IOC_SET_BPF, _IOC_ENABLE = 0x40042408, 0x2400


class KprobePmu(NamedTuple):
    """How the kernel's kprobe PMU is addressed: its event type, and the config bit of a return probe."""

    type: int
    return_bit: int


def kprobe_pmu() -> KprobePmu:
    """The kprobe PMU; raises FileNotFoundError where the kernel has none (CONFIG_KPROBE_EVENTS, Linux 4.17)."""
    with open(f"{KPROBE_PMU}/type", encoding="utf-8") as file:
        number = int(file.read())
    with open(f"{KPROBE_PMU}/format/retprobe", encoding="utf-8") as file:
        return KprobePmu(number, int(file.read().strip().removeprefix("config:")))


class UprobePmu(NamedTuple):
    """How the uprobe PMU is addressed: `counter_bit` is where in config the offset of a semaphore begins."""

    type: int
    return_bit: int
    counter_bit: int


def uprobe_pmu() -> UprobePmu:
    """The uprobe PMU; raises FileNotFoundError where the kernel has none (CONFIG_UPROBE_EVENTS, Linux 4.17)."""
    numbers = []
    for name in ("type", "format/retprobe", "format/ref_ctr_offset"):
        with open(f"{UPROBE_PMU}/{name}", encoding="utf-8") as file:
            numbers.append(int(file.read().strip().removeprefix("config:").split("-")[0]))
    return UprobePmu(*numbers)


def open_uprobe(pmu: UprobePmu, path: str, offset: int, on_return: bool = False, counter: int = 0) -> int:
    """An event at `offset` bytes into a file, for all processes; `counter` is the offset of a semaphore.

    ENOENT: no such file. EINVAL: no instruction that can be probed, or beyond the file's end.
    """
    name = text(path)
    config = on_return << pmu.return_bit | counter << pmu.counter_bit
    return _open(pmu.type, config, config1=address(name), config2=offset)


def open_tracepoint(number: int) -> int:
    """An event at a tracepoint (its number from `tracefs.tracepoint_id`); programs on it run on every CPU."""
    return _open(_TRACEPOINT, number, period=1)


def open_kprobe(pmu: KprobePmu, function: str, offset: int = 0, on_return: bool = False) -> int:
    """An event at `offset` bytes into a kernel function, or at its return; programs on it run on every CPU.

    ENOENT: no such function. EINVAL or EADDRNOTAVAIL: it may not be probed. EILSEQ: inside an instruction.
    """
    name = text(function)
    return _open(pmu.type, on_return << pmu.return_bit, config1=address(name), config2=offset)


def open_counter(cpu: int, kind: int, number: int, period: int, frequency: int = 0) -> int:
    """An event of perf's own on one CPU, each `period`-th, or about `frequency` times a second.

    The time that a CPU is idle counts for its clock, too, but some virtual machines sleep through most of it.
    ENOENT, EOPNOTSUPP: the processor, or this virtual machine, does not count it. ENODEV: there is no such CPU, or it
    is off. EINVAL: above the sysctl kernel.perf_event_max_sample_rate.
    """
    flags = _DISABLED | (_FREQUENCY if frequency else 0)
    return _open(kind, number, cpu=cpu, period=frequency or period, flags=flags, sample_type=_SAMPLE_ADDRESS)


def open_breakpoint(address: int, length: int, mode: str, *, cpu: int = -1, process: int = -1) -> int:
    """A hardware breakpoint, for all processes on one CPU, or for a thread and those that it starts, until it executes.

    ENOSPC: all of the processor's are taken. EINVAL: this address, length or mode (letters of `rwx`) cannot be watched.
    """
    flags = _DISABLED | (_INHERIT | _INHERIT_THREADS | _UNTIL_EXEC if process > 0 else 0)
    waits = sum(_MODES[letter] for letter in mode)
    return _open(
        _BREAKPOINT,
        0,
        cpu=cpu,
        period=1,
        flags=flags,
        config1=address,
        config2=length,
        sample_type=_SAMPLE_ADDRESS,
        waits=waits,
        process=process,
    )


def open_process_events(cpu: int) -> int:
    """An event that records what the processes of one CPU map, fork and execute (`process_events.py`)."""
    return _open(SOFTWARE, _DUMMY, cpu=cpu, flags=_DISABLED | _PROCESSES, sample_type=_SAMPLE_TIME)


def connect(event: int, program: int) -> None:
    """Run a program whenever the event happens."""
    fcntl.ioctl(event, _IOC_SET_BPF, program)
    enable(event)


def enable(event: int) -> None:
    """Let the event happen: it is opened switched off."""
    fcntl.ioctl(event, _IOC_ENABLE, 0)


def _open(
    kind: int,
    config: int,
    *,
    cpu: int | None = None,
    period: int = 0,
    flags: int = _DISABLED,
    config1: int = 0,
    config2: int = 0,
    sample_type: int = 0,
    waits: int = 0,
    process: int = -1,
) -> int:
    attributes = Buffer(_ATTR_SIZE)
    struct.pack_into("=2I2Q", attributes, 0, kind, _ATTR_SIZE, config, period)
    struct.pack_into("=3Q", attributes, 24, sample_type, 0, flags)
    struct.pack_into("=I2Q", attributes, 52, waits, config1, config2)
    # A program on a tracepoint or kprobe runs on all CPUs, whichever one CPU the event is opened for.
    return perf_event_open(attributes, cpus.online()[0] if cpu is None else cpu, process)


def close_all(descriptors: list[int], closing: Callable[[int], None] = lambda left: None) -> None:
    """Close what is in the list and empty it; several threads may do so with one list.

    `closing` is told before each how many there are.
    """
    while descriptors:
        closing(len(descriptors))
        try:
            descriptor = descriptors.pop()
        except IndexError:  # another thread took the last one
            return
        os.close(descriptor)

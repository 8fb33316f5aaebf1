"""bpf(2) where libbpf is no help: links by hand, test runs, program facts, tiny programs for feature probes.

Layouts: `union bpf_attr` and `struct bpf_prog_info` in linux/bpf.h. Every function raises OSError; who
knows the user's words for what failed makes a HostError of it.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from .syscalls import Buffer, address, bpf, text

_MAP_CREATE, _PROG_LOAD, _PROG_TEST_RUN, _PROG_GET_NEXT_ID = 0, 5, 10, 11
_OBJ_GET_INFO_BY_FD, _RAW_TRACEPOINT_OPEN, _LINK_CREATE, _ENABLE_STATS = 15, 17, 28, 32
_TRACE_KPROBE_MULTI = 42
_KPROBE_MULTI_RETURN = _UPROBE_MULTI_RETURN = 1
_DESCENDANTS_PRE = 2  # enum bpf_cgroup_iter_order
_PERF_EVENT, _TRACE_ITER, _TRACE_FENTRY, _PROG_TRACING = 41, 28, 24, 26
_LINK_PERF_EVENT, _LINK_KPROBE_MULTI, _KPROBE_EVENTS = 7, 8, (3, 4)  # enum bpf_link_type, bpf_perf_event_type
_ITER_CREATE, _ITER_BYTES = 33, 4096
TRACE_UPROBE_MULTI = 48

MAP_ARRAY, MAP_PERCPU_HASH, MAP_PERCPU_ARRAY = 2, 5, 6
MAP_LRU_PERCPU_HASH, MAP_RINGBUF = 10, 27
PROG_KPROBE, PROG_TRACING = 2, 26
TRACE_RAW_TP = 23

RETURN_ZERO = struct.pack("=BBhi", 0xB7, 0, 0, 0) + struct.pack("=BBhi", 0x95, 0, 0, 0)
"""The smallest program: `r0 = 0; exit`."""


class ProgramInfo(NamedTuple):
    """What the kernel knows of a program: `runs` and `nanoseconds` count only while statistics are on.

    `misses` are the events that it did not see because it was running already on that CPU (Linux 5.12). Of its
    `instructions` the verifier looked at `checked`, some more than once (Linux 5.16).
    """

    id: int
    name: str
    runs: int
    nanoseconds: int
    misses: int
    instructions: int = 0
    checked: int = 0


def create_map(kind: int, key_size: int, value_size: int, entries: int, name: str = "") -> int:
    """A new map's file descriptor."""
    return bpf(_MAP_CREATE, Buffer(struct.pack("=7I16s", kind, key_size, value_size, entries, 0, 0, 0, name.encode())))


def load_program(kind: int, code: bytes, expected_attach_type: int = 0, name: str = "", at: int = 0) -> int:
    """A new program's file descriptor; `code` is BPF instructions, `at` the BTF number of the function it is for.

    Raises OSError EINVAL or EACCES if refused.
    """
    instructions, license = Buffer(code), text("GPL")
    head = struct.pack("=2I2Q2IQ2I", kind, len(code) // 8, address(instructions), address(license), 0, 0, 0, 0, 0)
    tail = struct.pack("=2IQ2IQ2I", 0, 0, 0, 0, 0, 0, 0, at)  # the program's own BTF, which it has not
    return bpf(_PROG_LOAD, Buffer(head + struct.pack("=16s2I", name.encode(), 0, expected_attach_type) + tail))


def attach_raw_tracepoint(program: int, name: str | None) -> int:
    """A descriptor that holds a program at a raw tracepoint; `name` is None where the program was loaded for one."""
    if name is None:
        return bpf(_RAW_TRACEPOINT_OPEN, Buffer(struct.pack("=QII", 0, program, 0)))
    where = text(name)
    return bpf(_RAW_TRACEPOINT_OPEN, Buffer(struct.pack("=QII", address(where), program, 0)))


def attach_kprobe_multi(program: int, functions: Sequence[str | int], on_return: bool) -> int:
    """A link that holds a program at all of `functions` (Linux 5.18, CONFIG_FPROBE): all names, or all addresses.

    ESRCH: a name is not known. ENOENT, EINVAL: ftrace has nothing at an address.
    """
    names = [text(name) for name in functions if isinstance(name, str)]
    numbers = list(map(address, names)) or [each for each in functions if isinstance(each, int)]
    places = Buffer(struct.pack(f"={len(numbers)}Q", *numbers))
    symbols, addresses = (address(places), 0) if names else (0, address(places))
    flags = _KPROBE_MULTI_RETURN if on_return else 0
    head = struct.pack("=4I", program, 0, _TRACE_KPROBE_MULTI, 0)
    return bpf(_LINK_CREATE, Buffer(head + struct.pack("=2I3Q", flags, len(numbers), symbols, addresses, 0)))


def attach_uprobe_multi(
    program: int, path: str, offsets: Sequence[int], on_return: bool = False, counters: Sequence[int] = ()
) -> int:
    """A link that holds a program at places of a file (Linux 6.6); its attach cookie is the index of the place.

    EBADF: not a file. EINVAL: no link of this kind, or an instruction that cannot be probed.
    """
    name, places = text(path), Buffer(struct.pack(f"={len(offsets)}Q", *offsets))
    cookies = Buffer(struct.pack(f"={len(offsets)}Q", *range(len(offsets))))
    semaphores = Buffer(struct.pack(f"={len(counters)}Q", *counters))
    flags = _UPROBE_MULTI_RETURN if on_return else 0
    addresses = (address(name), address(places), address(semaphores) if any(counters) else 0, address(cookies))
    head = struct.pack("=4I4Q", program, 0, TRACE_UPROBE_MULTI, 0, *addresses)
    return bpf(_LINK_CREATE, Buffer(head + struct.pack("=4I", len(offsets), flags, 0, 0)))


def attach_iterator(program: int, cgroups: bool = False) -> int:
    """A link that `read_iterator` can go through (Linux 5.8); for that of control groups: all of them, parents first.

    `union bpf_iter_link_info`: which order, and which group to begin with, where zero is the root.
    """
    order = Buffer(struct.pack("=IIQ", _DESCENDANTS_PRE, 0, 0))
    which = (address(order), len(order)) if cgroups else (0, 0)
    return bpf(_LINK_CREATE, Buffer(struct.pack("=4IQI", program, 0, _TRACE_ITER, 0, *which)))


def read_iterator(link: int) -> None:
    """Run its program for each entry of its list; when this returns, all have been seen."""
    descriptor = bpf(_ITER_CREATE, Buffer(struct.pack("=2I", link, 0)))
    try:
        while True:
            try:
                if not os.read(descriptor, _ITER_BYTES):
                    return
            except BlockingIOError:  # after a million entries the kernel wants to be asked again
                continue
    finally:
        os.close(descriptor)


def attach_perf_event(program: int, event: int, cookie: int) -> int:
    """A link that runs a program at a perf event, and tells it `cookie` (Linux 5.15)."""
    return bpf(_LINK_CREATE, Buffer(struct.pack("=4IQ", program, event, _PERF_EVENT, 0, cookie)))


def load_uprobe_multi_trial() -> int:
    """A program that does nothing, loaded to be linked to places of a file; for the feature probe."""
    return load_program(PROG_KPROBE, RETURN_ZERO, TRACE_UPROBE_MULTI)


def load_fentry_trial(function: int) -> int:
    """A program that does nothing, loaded for the entry of a function of this BTF number; for the feature probe."""
    return load_program(_PROG_TRACING, RETURN_ZERO, _TRACE_FENTRY, at=function)


def load_kprobe_multi_trial() -> int:
    """A program that does nothing, loaded to be linked to many functions; for the feature probe."""
    return load_program(PROG_KPROBE, RETURN_ZERO, _TRACE_KPROBE_MULTI)


def test_run(program: int) -> int:
    """Run a raw tracepoint program once, here and now (Linux 5.10); what it returned."""
    attributes = Buffer(struct.pack("=4I2Q4I2Q4I", program, *(0,) * 15))
    bpf(_PROG_TEST_RUN, attributes)
    return int(struct.unpack_from("=I", attributes, 4)[0])


def program_info(program: int) -> ProgramInfo:
    """The kernel's facts about a program."""
    info = Buffer(232)
    bpf(_OBJ_GET_INFO_BY_FD, Buffer(struct.pack("=2IQ", program, len(info), address(info))))
    (number,) = struct.unpack_from("=I", info, 4)
    name = bytes(info[64:80]).rstrip(b"\0").decode(errors="replace")
    nanoseconds, runs, misses = struct.unpack_from("=3Q", info, 192)
    (translated,) = struct.unpack_from("=I", info, 20)
    (checked,) = struct.unpack_from("=I", info, 216)
    return ProgramInfo(number, name, runs, nanoseconds, misses, translated // 8, checked)


def missed(link: int) -> int:
    """Events that a kprobe or kprobe_multi link did not see, which the kernel counts since Linux 6.7; else 0.

    A return is missed when too many calls are under way at once, an entry when one kprobe hits inside of another.
    """
    info = Buffer(128)
    bpf(_OBJ_GET_INFO_BY_FD, Buffer(struct.pack("=2IQ", link, len(info), address(info))))
    kind, event = struct.unpack_from("=I12xI", info, 0)
    if kind == _LINK_KPROBE_MULTI:
        return int(struct.unpack_from("=Q", info, 32)[0])
    if kind == _LINK_PERF_EVENT and event in _KPROBE_EVENTS:
        return int(struct.unpack_from("=Q", info, 48)[0])
    return 0


def program_ids() -> Iterator[int]:
    """The numbers of all programs that the kernel holds, rising; needs CAP_SYS_ADMIN."""
    last = 0
    while True:
        attributes = Buffer(struct.pack("=3I", last, 0, 0))
        try:
            bpf(_PROG_GET_NEXT_ID, attributes)
        except FileNotFoundError:  # ENOENT: that was the last
            return
        (last,) = struct.unpack_from("=I", attributes, 4)
        yield last


@contextmanager
def statistics() -> Iterator[None]:
    """Have the kernel count every program's runs and time inside the block (Linux 5.8); costs some 20 ns a run."""
    switch = bpf(_ENABLE_STATS, Buffer(struct.pack("=I", 0)))
    try:
        yield
    finally:
        os.close(switch)

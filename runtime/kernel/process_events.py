"""What processes map, fork and execute, as the kernel tells it: so that the ones that are gone are known, too.

perf_event_open(2), "MMAP layout": a page of positions, then a ring of records; those of each CPU in their order.
"""

import errno
import mmap
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from . import cpus, perf

_PAGES = 64
_MMAP2, _COMM, _FORK, _LOST = 10, 3, 7, 2  # enum perf_event_type
_EXECUTED = 1 << 13  # PERF_RECORD_MISC_COMM_EXEC
_HEADER = struct.Struct("=IHH")
_HEAD_AT, _TAIL_AT = 1024, 1032  # struct perf_event_mmap_page
_NAME_AT = 8 + 64


class Mapped(NamedTuple):
    """A process has mapped code: `start` to `end`, from `offset` in the file, or `[vdso]` and the like."""

    time: int
    pid: int
    start: int
    end: int
    offset: int
    inode: int
    path: str


class Forked(NamedTuple):
    """A process has begun as a copy of another."""

    time: int
    pid: int
    parent: int


class Executed(NamedTuple):
    """A process has begun a new program."""

    time: int
    pid: int


Event = Mapped | Forked | Executed


class ProcessEvents:
    """Rings of all CPUs; `lost` counts what did not fit in them. Raises OSError."""

    def __init__(self) -> None:
        self.lost = 0
        self._rings: list[tuple[int, mmap.mmap]] = []
        try:
            for cpu in cpus.online():
                try:
                    event = perf.open_process_events(cpu)
                except OSError as error:
                    if error.errno == errno.ENODEV:  # went off meanwhile
                        continue
                    raise
                self._rings.append((event, mmap.mmap(event, (1 + _PAGES) * mmap.PAGESIZE)))
                perf.enable(event)
        except OSError:
            self.close()
            raise

    def read(self) -> list[Event]:
        """What has happened since the last time, in its order."""
        events: list[Event] = []
        for _, ring in self._rings:
            events += self._records(ring)
        return sorted(events, key=lambda event: event.time)

    def close(self) -> None:
        """Stop recording."""
        for event, ring in self._rings:
            ring.close()
            os.close(event)
        self._rings.clear()

    def _records(self, ring: mmap.mmap) -> Iterator[Event]:
        head, tail = struct.unpack_from("=2Q", ring, _HEAD_AT)
        size = _PAGES * mmap.PAGESIZE
        start = mmap.PAGESIZE + tail % size
        first = ring[start : min(start + head - tail, mmap.PAGESIZE + size)]
        content = first + ring[mmap.PAGESIZE : mmap.PAGESIZE + head - tail - len(first)]
        struct.pack_into("=Q", ring, _TAIL_AT, head)
        at = 0
        while at < len(content):
            kind, flags, length = _HEADER.unpack_from(content, at)
            event = self._event(kind, flags, content[at : at + length])
            if event is not None:
                yield event
            at += length

    def _event(self, kind: int, flags: int, record: bytes) -> Event | None:
        """Every record ends in its time; a file's name in zeros before that."""
        (time,) = struct.unpack_from("=Q", record, len(record) - 8)
        pid, other = struct.unpack_from("=2I", record, 8)
        if kind == _MMAP2:
            start, length, offset, _, inode = struct.unpack_from("=5Q", record, 16)
            name = record[_NAME_AT : record.index(0, _NAME_AT)].decode("utf-8", "surrogateescape")
            return Mapped(time, pid, start, start + length, offset, inode, name)
        if kind == _FORK and pid != other:  # else it is a thread
            return Forked(time, pid, other)
        if kind == _COMM and flags & _EXECUTED:
            return Executed(time, pid)
        if kind == _LOST:
            self.lost += int(struct.unpack_from("=Q", record, 16)[0])
        return None

"""Which files processes have mapped where: of those that run, those that start, and those that are gone by now.

    Processes().region(1021, 0x7f12_3456_789a) -> Region(start=..., end=..., offset=0x26000, path="/lib/libc.so.6")

The kernel tells of new mappings as they happen (`process_events.py`); what ran before is read from /proc at the start.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from .kernel.process_events import Event, Executed, Forked, Mapped, ProcessEvents

_KEPT = 20_000
"""Processes that are remembered; the oldest are forgotten, as a machine may start millions."""


class Region(NamedTuple):
    """Code in a process: from `offset` of a file; `inode` 0 is not known."""

    start: int
    end: int
    offset: int
    inode: int
    path: str


class Processes:
    """Code of all processes, from now on; `keep_up` has to be called several times a second."""

    def __init__(self) -> None:
        self._regions: dict[int, tuple[Region, ...]] = {}
        try:
            self._events: ProcessEvents | None = ProcessEvents()
        except OSError:  # without it, processes are known as long as they are there
            self._events = None
        for name in os.listdir("/proc"):
            if name.isdecimal():
                self._regions[int(name)] = tuple(mapped_code(int(name)))

    def close(self) -> None:
        """Learn no more; what is known stays known."""
        self.keep_up()
        if self._events is not None:
            self._events.close()
            self._events = None

    @property
    def lost(self) -> int:
        """What the kernel could not tell, as it was not read fast enough."""
        return self._events.lost if self._events is not None else 0

    def keep_up(self) -> None:
        """Take note of what has happened."""
        if self._events is not None:
            for event in self._events.read():
                self.note(event)
            for pid in list(self._regions)[: max(0, len(self._regions) - _KEPT)]:
                del self._regions[pid]

    def note(self, event: Event) -> None:
        """One thing that has happened."""
        known = self._regions
        match event:
            case Mapped():
                region = Region(event.start, event.end, event.offset, event.inode, event.path)
                others = known.get(event.pid, ())
                apart = (it for it in others if it.end <= region.start or region.end <= it.start)
                known[event.pid] = (*apart, region)
            case Forked(pid=pid, parent=parent):
                known.pop(pid, None)  # an older one of that number, and so that this one is the youngest
                known[pid] = known.get(parent, ())
            case Executed(pid=pid):
                known.pop(pid, None)
                known[pid] = ()

    def region(self, pid: int, address: int) -> Region | None:
        """Where an address of a process comes from."""
        self.keep_up()
        for region in self._regions.get(pid, ()):
            if region.start <= address < region.end:
                return region
        # A ring may have been too small, or there is none: perhaps the process still is there.
        return next((each for each in mapped_code(pid) if each.start <= address < each.end), None)


def mapped_code(pid: int) -> Iterator[Region]:
    """The executable parts of a process's memory as it is now; none where it is gone."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        place, rights, offset, _, inode, *path = line.split(maxsplit=5)
        if "x" in rights:
            start, _, end = place.partition("-")
            yield Region(int(start, 16), int(end, 16), int(offset, 16), int(inode), path[0] if path else "")

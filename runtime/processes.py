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


class Writer(NamedTuple):
    """A process that writes its own code: whose it is, and what it takes itself for its number."""

    user: int
    number: int


class Processes:
    """Code of all processes, from now on; `keep_up` has to be called several times a second."""

    def __init__(self) -> None:
        self._regions: dict[int, tuple[Region, ...]] = {}
        self._writers: dict[int, Writer | None] = {}
        self._spaces: dict[int, str] = {}
        try:
            self._events: ProcessEvents | None = ProcessEvents()
        except OSError:  # without it, processes are known as long as they are there
            self._events = None
        for name in os.listdir("/proc"):
            if name.isdecimal():
                self._regions[int(name)] = tuple(mapped_code(int(name)))
                self._spaces[int(name)] = _namespace(name)
                if any(written(region) for region in self._regions[int(name)]):
                    self._writers[int(name)] = _writer(int(name))

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
                self._writers.pop(pid, None)
                self._spaces.pop(pid, None)

    def note(self, event: Event) -> None:
        """One thing that has happened."""
        known = self._regions
        match event:
            case Mapped():
                region = Region(event.start, event.end, event.offset, event.inode, event.path)
                others = known.get(event.pid, ())
                apart = (it for it in others if it.end <= region.start or region.end <= it.start)
                known[event.pid] = (*apart, region)
                if written(region) and event.pid not in self._writers:
                    self._writers[event.pid] = _writer(event.pid)
            case Forked(pid=pid, parent=parent):
                known.pop(pid, None)  # an older one of that number, and so that this one is the youngest
                known[pid] = known.get(parent, ())
                self._writers.pop(pid, None)
                self._spaces[pid] = self._spaces.get(parent, "")
            case Executed(pid=pid):
                known.pop(pid, None)
                known[pid] = ()
                self._writers.pop(pid, None)
                self._spaces[pid] = _namespace(pid) or self._spaces.get(pid, "")

    def writer(self, pid: int) -> Writer | None:
        """Who writes code there, as it is now, or was when it began to do so; None for what is not known."""
        return _writer(pid) or self._writers.get(pid)

    def roots(self, pid: int) -> Iterator[str]:
        """What to put before a path of the process: its own root, or if it is gone, that of one that sees the same."""
        yield f"/proc/{pid}/root"
        space = self._spaces.get(pid, "")
        if not space or space == _namespace("self"):
            yield ""
            return
        others = (name for name in os.listdir("/proc") if name.isdecimal() and _namespace(name) == space)
        yield from (f"/proc/{name}/root" for name in others)

    def region(self, pid: int, address: int) -> Region | None:
        """Where an address of a process comes from."""
        self.keep_up()
        for region in self._regions.get(pid, ()):
            if region.start <= address < region.end:
                return region
        # A ring may have been too small, or there is none: perhaps the process still is there.
        return next((each for each in mapped_code(pid) if each.start <= address < each.end), None)


def written(region: Region) -> bool:
    """Whether the code is in no file: the process has written it itself."""
    return region.path in ("", "//anon") or region.path.startswith("[anon")


def _writer(pid: int) -> Writer | None:
    """What /proc says of it; None where it is gone."""
    try:
        user = os.stat(f"/proc/{pid}").st_uid
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            numbers = next((line.split() for line in file if line.startswith("NStgid:")), [str(pid)])
    except OSError:
        return None
    return Writer(user, int(numbers[-1]))


def _namespace(pid: int | str) -> str:
    """The mount namespace of a process, "" where it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return ""


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

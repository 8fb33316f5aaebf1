"""Hardware breakpoints: of the kernel on each CPU, or in one process, whose threads each get one."""

import errno
import os

from ..compiler.attachment import Watch
from .elf import Elf, ElfError
from .kernel import cpus, perf
from .kernel.failure import Reason, Reasons
from .processes import mapped_code


class NotMapped(Exception):
    """The process does not have the file in its memory."""


def open_watch(place: Watch, process: int = 0) -> list[int]:
    """The breakpoints, switched off; for a `process` where the place is of a user. OSError, NotMapped."""
    events: list[int] = []
    try:
        if not place.user:
            for cpu in cpus.online():
                events.append(perf.open_breakpoint(place.address, place.length, place.mode, cpu=cpu))
            return events
        address = place.address + (_moved(place, process) if place.path else 0)
        for thread in os.listdir(f"/proc/{process}/task"):
            events.append(perf.open_breakpoint(address, place.length, place.mode, process=int(thread)))
    except OSError:
        perf.close_all(events)
        raise
    return events


def _moved(place: Watch, process: int) -> int:
    """How far from the address that it was linked for a file lies in a process."""
    try:
        with open(place.path, "rb") as file:
            segments = [segment for segment in Elf(file).segments if segment.executable]
    except ElfError:
        segments = []
    page = os.sysconf("SC_PAGE_SIZE")
    inode = os.stat(place.path).st_ino
    for region in mapped_code(process):
        for segment in segments:
            start = segment.offset // page * page
            if (region.path == place.path or region.inode == inode) and region.offset == start:
                return region.start - (segment.address - (segment.offset - start))
    raise NotMapped(place.path)


def watch_reasons(place: Watch) -> Reasons:
    """What each errno means here."""
    few = Reason("the processor has no breakpoint left", "x86 has four for the whole script", "no-breakpoint")
    barred = Reason(
        f"the processor or the kernel does not let {place.length} bytes at {place.address:#x} be watched for "
        f"`{place.mode}`",
        "give an address that is a multiple of the length, of memory that the kernel does not protect",
        "wrong-watchpoint",
    )
    gone = Reason("the process has ended", "", "no-such-process")
    return {errno.ENOSPC: few, errno.EBUSY: few, errno.EINVAL: barred, errno.ESRCH: gone, errno.ENOENT: gone}

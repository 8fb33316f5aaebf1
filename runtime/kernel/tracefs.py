"""Where the kernel describes its tracepoints: a mounted tracefs, or one of our own that nobody else sees."""

import errno
import os
from functools import cache

from . import syscalls

MOUNT = "mount it: `mount -t tracefs tracefs /sys/kernel/tracing`"
_USUAL = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")


@cache
def folder() -> str:
    """The folder that has `events` in it; raises OSError where there is none and none can be mounted.

    Where tracefs is not mounted, it is mounted detached (0.9 ms): the system stays as it was, and the mount
    goes with this process, whose only descriptor of it stays open.
    """
    for place in _USUAL:
        if os.path.isdir(f"{place}/events"):
            return place
    return f"/proc/self/fd/{syscalls.mount_detached('tracefs')}"


def tracepoint_id(group: str, name: str) -> int:
    """The number by which perf_event_open(2) knows a tracepoint; raises FileNotFoundError where there is none such."""
    if "/" in group + name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{group}:{name}")
    with open(f"{folder()}/events/{group}/{name}/id", encoding="utf-8") as file:
        return int(file.read())

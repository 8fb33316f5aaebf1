"""Names of this machine for numbers: users, groups, errors, signals, control groups, times of day."""

import errno
import os
import signal
import time
from functools import cache

_INTERNAL_ERRORS = {
    512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 515: "ENOIOCTLCMD", 516: "ERESTART_RESTARTBLOCK",
    517: "EPROBE_DEFER", 518: "EOPENSTALE", 519: "ENOPARAM", 521: "EBADHANDLE", 522: "ENOTSYNC", 523: "EBADCOOKIE",
    524: "ENOTSUPP", 525: "ETOOSMALL", 526: "ESERVERFAULT", 527: "EBADTYPE", 528: "EJUKEBOX", 529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT", 531: "ENOGRACE",
}  # fmt: skip
"""What system calls return inside of the kernel (include/linux/errno.h); programs never see these."""
_FIRST_NAMES = {11: "EAGAIN", 35: "EDEADLK", 95: "EOPNOTSUPP"}
"""Of two names for one number that of the kernel (include/uapi/asm-generic/errno.h)."""
_MIN_REALTIME, _MAX_REALTIME = 34, 64
"""SIGRTMIN and SIGRTMAX as kill(1) counts: the C library keeps the first two for itself (signal(7))."""
_CGROUPS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
EPOCH_FROM = 10**18
"""From this many nanoseconds on a time counts from 1970: that was in 2001, or 31 years after a start."""


@cache
def errno_name(number: int) -> str:
    """`2` -> `ENOENT`."""
    return _FIRST_NAMES.get(number) or errno.errorcode.get(number) or _INTERNAL_ERRORS.get(number, str(number))


def errno_text(number: int) -> str:
    """`2` -> `No such file or directory`."""
    return os.strerror(number) if number < 1 << 31 else str(number)


@cache
def signal_name(number: int) -> str:
    """`2` -> `SIGINT`, `37` -> `SIGRTMIN+3`."""
    if _MIN_REALTIME < number < _MAX_REALTIME:
        return f"SIGRTMIN+{number - _MIN_REALTIME}"
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


@cache
def user_name(number: int) -> str:
    """`0` -> `root`."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)


@cache
def group_name(number: int) -> str:
    """`0` -> `root`."""
    import grp

    try:
        return grp.getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return str(number)


class ControlGroups:
    """Paths of control groups by number, which is the inode of their folder; looked up anew for one not yet seen."""

    _PAUSE = 1.0
    """Seconds between two walks through all folders."""

    def __init__(self, folders: tuple[str, ...] = _CGROUPS) -> None:
        self._folders = folders
        self._paths: dict[int, str] = {}
        self._walked = float("-inf")

    def path(self, number: int) -> str:
        """`1` -> `/`."""
        if number not in self._paths and time.monotonic() - self._walked > self._PAUSE:
            self._walk()
            self._walked = time.monotonic()
        return self._paths.get(number, str(number))

    def _walk(self) -> None:
        """What is gone meanwhile keeps its name."""
        root = next((folder for folder in self._folders if os.path.exists(f"{folder}/cgroup.procs")), "")
        if root:
            self._paths[os.stat(root).st_ino] = "/"
        for folder, inside, _ in os.walk(root):
            for name in inside:
                path = f"{folder}/{name}"
                try:
                    self._paths[os.stat(path).st_ino] = path.removeprefix(root)
                except FileNotFoundError:
                    continue


def time_text(layout: str, time_ns: int) -> str:
    """A time of day by strftime(3), `%f` for microseconds; below EPOCH_FROM on the clock that counts from the start."""
    from datetime import datetime

    if time_ns < EPOCH_FROM:
        time_ns += time.time_ns() - time.monotonic_ns()
    seconds, rest = divmod(time_ns, 10**9)
    try:
        moment = datetime.fromtimestamp(seconds).astimezone().replace(microsecond=rest // 1000)
    except (OverflowError, ValueError, OSError):
        return str(time_ns)
    return moment.strftime(layout)

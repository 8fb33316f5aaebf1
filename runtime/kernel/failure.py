"""From an errno to a HostError: what failed, why in the user's words, and what to do."""

import errno
import os
from collections.abc import Mapping
from typing import NamedTuple

from ...grammar.diagnostic import Diagnostic, HostError

PRIVILEGE = "run it as root (sudo), or with the capabilities CAP_BPF and CAP_PERFMON"


class Reason(NamedTuple):
    """What an errno means in one place: why, what to do about it, and the diagnostic's code where it has its own."""

    why: str
    remedy: str = ""
    code: str = ""


Reasons = Mapping[int, Reason]

_NONE: Reasons = {}
_PERMISSION = Reason("the kernel does not permit it to this process", PRIVILEGE, "no-privilege")
_COMMON: Reasons = {
    errno.EPERM: _PERMISSION,
    errno.EACCES: _PERMISSION,
    errno.ENOMEM: Reason("the kernel has no memory left for it", "make the maps smaller: `--map-entries`"),
    errno.EMFILE: Reason("this process has too many files open", "`ulimit -n 65536` before, or choose fewer functions"),
    errno.ENFILE: Reason("the system has too many files open", "raise the sysctl fs.file-max"),
    errno.ENOSYS: Reason("this kernel has no such system call", "use Linux 5.8 or later"),
}


def refusal(code: str, what: str, error: OSError, reasons: Reasons = _NONE, notes: tuple[str, ...] = ()) -> HostError:
    """A HostError `code` that says "`what`: why", for `error`; `reasons` are those that the caller knows better."""
    number = error.errno or 0
    unknown = Reason(f"{os.strerror(number)} (errno {number})")
    reason = reasons.get(number) or _COMMON.get(number, unknown)
    return HostError(Diagnostic(reason.code or code, f"{what}: {reason.why}", help=reason.remedy, notes=notes))

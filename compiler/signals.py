"""Signals by name, and which of them a program can wait for.

The numbers are those of include/uapi/asm-generic/signal.h, which x86 and arm64 share; from SIGRTMIN on as the C library
counts (signal(7)): the kernel's first two are its own.
"""

_NAMES = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG "
    "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
_FIRST_REALTIME, _LAST_REALTIME = 34, 64
_OTHER_NAMES = {"SIGCLD": 17, "SIGPOLL": 29, "SIGIOT": 6, "SIGRTMAX": _LAST_REALTIME}

SIGNALS = {
    **{f"SIG{name}": number for number, name in enumerate(_NAMES.split(), start=1)},
    "SIGRTMIN": _FIRST_REALTIME,
    **{f"SIGRTMIN+{more}": _FIRST_REALTIME + more for more in range(1, _LAST_REALTIME - _FIRST_REALTIME + 1)},
}
"""`SIGUSR1` -> 10."""
NUMBERED = {number: name for name, number in SIGNALS.items()}
"""`10` -> SIGUSR1."""

_ENDS = "ends the run"
_FAULT = "is how the kernel tells a process of its own mistakes"
_NOBODY = "cannot be caught by any process"
TAKEN = {
    "SIGINT": _ENDS,
    "SIGTERM": _ENDS,
    "SIGPIPE": "tells ply that nobody reads its output any more",
    "SIGKILL": _NOBODY,
    "SIGSTOP": _NOBODY,
    **dict.fromkeys(("SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS"), _FAULT),
}
"""Those that mean something else already, and what."""


def signal_number(text: str) -> int | None:
    """`SIGUSR1`, `USR1`, `usr1`, `10` -> 10; None for what is no signal."""
    if text.isdecimal():
        return int(text) if int(text) in NUMBERED else None
    name = f"SIG{text.upper().removeprefix('SIG')}"
    return SIGNALS.get(name) or _OTHER_NAMES.get(name)

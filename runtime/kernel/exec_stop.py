"""A child process held at the moment when it has executed a program, and has not run any of it: ptrace(2).

Until then it is as it would be otherwise, and afterwards, too: it is let go before anything else happens to it.
"""

import ctypes
import os
import signal
from functools import cache

_SEIZE, _CONTINUE, _DETACH = 0x4206, 7, 17  # linux/ptrace.h
_TRACE_EXEC, _EVENT_EXEC = 1 << 4, 4
_ALL_CHILDREN = 0x40000000  # __WALL, linux/wait.h


def continue_to_exec(child: int) -> int | None:
    """Let a stopped child run until execve(2) has succeeded, and hold it; its wait status if it ended before that.

    `release` has to be called by the same thread. OSError where it may not be traced.
    """
    _ptrace(_SEIZE, child, _TRACE_EXEC)
    os.kill(child, signal.SIGCONT)
    while True:
        _, status = os.waitpid(child, _ALL_CHILDREN)
        if not os.WIFSTOPPED(status):
            return status
        if status >> 8 == signal.SIGTRAP | _EVENT_EXEC << 8:
            return None
        _ptrace(_CONTINUE, child, 0 if status >> 16 else os.WSTOPSIG(status))


def release(child: int) -> None:
    """Let it run, untraced."""
    _ptrace(_DETACH, child, 0)


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long,) * 4
    libc.ptrace.restype = ctypes.c_long
    return libc


def _ptrace(request: int, process: int, data: int) -> None:
    if _libc().ptrace(request, process, 0, data) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))

"""The traced command (`-- COMMAND`): started stopped, so that probes are armed before its first instruction.

The child stops itself after fork and goes straight to execve(2) when it is continued: what is counted for its pid
between arming and its end is what strace(1) counts, nothing of this program's.
"""

import os
import signal
from collections.abc import Sequence

from ..grammar.diagnostic import Diagnostic, UsageError

_PATIENCE = 2.0
"""Seconds that a command has to end after SIGTERM, before SIGKILL."""


class Command:
    """A child process; raises UsageError where there is no such command."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        path = _find(words[0])
        self.pid = os.fork()
        if self.pid == 0:
            _child(path, words)
        os.waitpid(self.pid, os.WUNTRACED)
        self.descriptor = os.pidfd_open(self.pid)
        self.status: int | None = None

    def go(self) -> None:
        """Let it run."""
        os.kill(self.pid, signal.SIGCONT)

    def ended(self) -> bool:
        """Whether it has ended; `status` is its exit status then, negative for a signal."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def close(self) -> None:
        """End it, if it still runs."""
        if self.ended():
            return
        for number in (signal.SIGTERM, signal.SIGCONT):
            os.kill(self.pid, number)
        if not _wait(self.descriptor, _PATIENCE):
            os.kill(self.pid, signal.SIGKILL)
            _wait(self.descriptor, _PATIENCE)
        self.ended()


def _wait(descriptor: int, seconds: float) -> bool:
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _child(path: str, words: Sequence[str]) -> None:
    """In the child: default signals, stop, and on to the command. Never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        environment = dict(os.environ)
        arguments = list(words)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execve(path, arguments, environment)
    finally:
        os._exit(127)


def _find(name: str) -> str:
    """The file of a command, found as a shell would."""
    folders = [""] if "/" in name else [f"{folder or '.'}/" for folder in os.environ.get("PATH", "").split(":")]
    for folder in folders:
        if os.path.isfile(folder + name) and os.access(folder + name, os.X_OK):
            return folder + name
    problem = "is not there" if not any(os.path.exists(folder + name) for folder in folders) else "cannot be executed"
    raise UsageError(Diagnostic("no-such-command", f"the command `{name}` {problem}", help="nothing was traced"))

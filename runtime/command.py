"""The traced command (`-- COMMAND`): started stopped, so that probes are armed before its first instruction.

The child stops itself after fork and goes straight to execve(2) when it is continued: what is counted for its pid
between arming and its end is what strace(1) counts, nothing of this program's.
"""

import os
import select
import signal
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from itertools import starmap
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..grammar.diagnostic import Diagnostic, UsageError
from . import inherited

if TYPE_CHECKING:
    from .owner import Owner

Descriptors = tuple[int, int, int]
"""What becomes the command's standard input, output and error."""

INHERITED: Descriptors = (0, 1, 2)

_PATIENCE = 2.0
"""Seconds that a command has to end after SIGTERM, before SIGKILL."""
_DEFAULTS = (signal.SIGPIPE, signal.SIGXFSZ)
"""What Python ignores; the handlers of others end with this process's program."""


class Command:
    """A child process, once it is started; raises UsageError where there is no such command.

    It runs as `owner`, or as this process does. `status` is its exit status once it has ended, negative for a signal.
    """

    def __init__(
        self, words: Sequence[str], descriptors: Descriptors = INHERITED, owner: "Owner | None" = None
    ) -> None:
        self.words, self._descriptors, self.owner = words, descriptors, owner
        self.status: int | None = None
        self._forked: list[int] = []
        self.descriptor = self._report = -1
        self._path = _find(words[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Create the process, which waits for `go`; `descriptor` can be polled for its end from then on."""
        self._report, writer = os.pipe2(os.O_CLOEXEC)  # execve closes it, or its error number comes through it
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        try:
            try:
                # The child must not run this process's handlers.
                signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
                # In one step for Python: no interrupt comes between the fork and the note of its pid.
                self._forked.extend(starmap(os.fork, [()]))
                if not self.pid:
                    _child(self._path, self.words, self._descriptors, self.owner, writer, mask)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        finally:
            os.close(writer)
        self.descriptor = os.pidfd_open(self.pid)
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self.status = os.waitstatus_to_exitcode(status)
            self.ended()

    @property
    def pid(self) -> int:
        """Its number; 0 before the start."""
        return self._forked[0] if self._forked else 0

    def go(self, executed: Callable[[], None] | None = None) -> None:
        """Let it run. `executed` is called when it is at the first instruction of its program, if it comes so far.

        OSError: it may not be traced, so that nobody knows when it is there.
        """
        if executed is None:
            os.kill(self.pid, signal.SIGCONT)
            return
        from .kernel.exec_stop import continue_to_exec, release

        status = continue_to_exec(self.pid)
        if status is not None:
            self.status = os.waitstatus_to_exitcode(status)
            return
        try:
            executed()
        finally:
            release(self.pid)

    def ended(self) -> bool:
        """Whether it has ended; raises UsageError `cannot-execute` where the kernel did not take its file."""
        if not self._reaped():
            return False
        refused = os.read(self._report, 1) if self._report >= 0 else b""
        if refused:
            message = f"the command `{self.words[0]}` cannot be executed: {os.strerror(refused[0])}"
            help = f"it runs as {self.owner.name}; `--as-root` runs it as root" if self.owner else ""
            raise UsageError(Diagnostic("cannot-execute", message, help=help))
        return True

    def close(self) -> None:
        """End it, if it still runs. Closing it twice is harmless."""
        if self.pid and not self._reaped():
            if self.descriptor < 0:  # interrupted after the fork
                self.descriptor = os.pidfd_open(self.pid)
            with suppress(ProcessLookupError):
                for number in (signal.SIGTERM, signal.SIGCONT):
                    os.kill(self.pid, number)
                if not _wait(self.descriptor, _PATIENCE):
                    os.kill(self.pid, signal.SIGKILL)
                    _wait(self.descriptor, _PATIENCE)
            self._reaped()
        for descriptor in (self.descriptor, self._report):
            if descriptor >= 0:
                os.close(descriptor)
        self.descriptor = self._report = -1

    def _reaped(self) -> bool:
        """Take its exit status, if there is one."""
        if self.status is None and self.pid:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # this process ignores its children, or somebody else waited: as subprocess does
                self.status = 0
            else:
                self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None


def ending(status: int) -> str:
    """An exit status in words: `ended with status 1`, `was ended by SIGSEGV`."""
    return f"ended with status {status}" if status >= 0 else f"was ended by {signal_name(-status)}"


def signal_name(number: int) -> str:
    """SIGKILL for 9; realtime signals have numbers only."""
    known = number in signal.valid_signals() and number < signal.SIGRTMIN
    return signal.Signals(number).name if known else f"signal {number}"


def _wait(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _child(
    path: str,
    words: Sequence[str],
    descriptors: Descriptors,
    owner: "Owner | None",
    report: int,
    mask: Collection[int],
) -> None:
    """In the child: its own input and output, default signals, rights, stop, and on to the command. Never returns."""
    try:
        if descriptors != INHERITED:
            _redirect(descriptors)
        for number in signal.valid_signals():
            if number in _DEFAULTS or callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_IGN if number in inherited.ignored else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        environment = owner.environment(os.environ) if owner else dict(os.environ)
        if owner:
            owner.become()
        arguments = list(words)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execve(path, arguments, environment)
    except OSError as error:
        os.write(report, bytes([error.errno or 1]))
    finally:
        os._exit(127)


def _redirect(descriptors: Descriptors) -> None:
    """Make them 0, 1 and 2; first out of the way of each other, as one may be what another is to become."""
    import fcntl

    copies = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3) for descriptor in descriptors]
    for place, copy in enumerate(copies):
        os.dup2(copy, place)


def _find(name: str) -> str:
    """The file of a command, found as a shell would."""
    folders = [""] if "/" in name else [f"{folder or '.'}/" for folder in os.environ.get("PATH", "").split(":")]
    for folder in folders:
        if os.path.isfile(folder + name) and os.access(folder + name, os.X_OK):
            return folder + name
    message, help = f"the command `{name}` cannot be executed", "nothing was traced"
    if not any(os.path.exists(folder + name) for folder in folders):
        message = f"there is no command `{name}`"
        help = f"nothing was traced; it is not in {os.environ.get('PATH', '')}" if "/" not in name else help
    raise UsageError(Diagnostic("no-such-command", message, help=help))

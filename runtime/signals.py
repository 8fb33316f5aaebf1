"""Signals for clauses of a script, in a process that has other things to do: what the Python API and the prompt use.

    caught = Caught([signal.SIGUSR1]); ...; caught.take() -> [10]; ...; caught.close()

The command line has a pipe of its own for that (`session.py`), which the C handler fills: it counts what comes faster
than Python looks. Here that pipe may be asyncio's, so signals are noted by Python, which takes several of a kind that
come while it runs no Python code for one, as the kernel does.
"""

import os
import signal
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

from ..grammar.diagnostic import Diagnostic, UsageError
from .names import signal_name

_MOST = 1 << 16
"""What a pipe holds: a byte for each signal."""


def taken(reader: int) -> bytes:
    """The numbers of the signals that came since the last time, out of a pipe that does not block."""
    try:
        return os.read(reader, _MOST)
    except BlockingIOError:
        return b""


class Caught:
    """These signals are for a script until `close`; `descriptor` is readable when one has come.

    Raises UsageError outside of the main thread, the only one that Python lets handle signals, and where this process
    has a handler of its own.
    """

    def __init__(self, numbers: Collection[int]) -> None:
        names = ", ".join(map(signal_name, numbers))
        if current_thread() is not main_thread():
            message = f"{names} can be caught by Python's main thread only, and this is another one"
            raise _refusal(message, "run the script in the main thread")
        for number in numbers:
            if signal.getsignal(number) not in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler):
                message = f"this process has a handler of its own for {signal_name(number)}"
                raise _refusal(message, "take another signal, or that handler away")
        self.descriptor, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}
        for number in numbers:
            self._before[number] = signal.signal(number, self._come)

    def _come(self, number: int, frame: FrameType | None) -> None:
        with suppress(BlockingIOError):
            os.write(self._writer, bytes([number]))

    def take(self) -> Sequence[int]:
        """The signals that came since the last time, in their order."""
        return taken(self.descriptor)

    def close(self) -> None:
        """They are again what they were. In another thread than the main one nothing happens; twice is harmless."""
        if current_thread() is not main_thread() or not self._before:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        os.close(self.descriptor)
        os.close(self._writer)


def _refusal(message: str, help: str) -> UsageError:
    return UsageError(Diagnostic("no-signal", message, help=help))

"""How far attaching and detaching have come, told to a person whom they keep waiting.

attaching: 120 of 600 probes        redrawn in place on a terminal, gone when it is done
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self, TextIO

_PATIENCE = 0.5
"""Seconds before anything is shown: most attaching is over by then."""
_BETWEEN = 0.1


class Progress:
    """Shows steps on `stream` (None: nowhere); where `interrupted`, the next step raises KeyboardInterrupt instead."""

    def __init__(self, stream: TextIO | None = None, interrupted: Callable[[], object] = lambda: False) -> None:
        self._stream, self._interrupted = stream, interrupted
        self._doing, self._total, self._done = "", 0, 0
        self._next = 0.0
        self._shown = False

    @contextmanager
    def of(self, doing: str, total: int) -> Iterator[Self]:
        """`attaching`, in so many steps; in the end nothing stays on the screen."""
        self._doing, self._total, self._done = doing, total, 0
        self._next = time.monotonic() + _PATIENCE
        try:
            yield self
        finally:
            if self._stream is not None and self._shown:
                self._stream.write("\r\x1b[K")
                self._stream.flush()
            self._shown = False

    def step(self) -> None:
        """One more is about to be taken."""
        if self._interrupted():
            raise KeyboardInterrupt
        self.at(self._done)
        self._done += 1

    def at(self, done: int) -> None:
        """So many are done."""
        now = time.monotonic()
        if self._stream is not None and now >= self._next:
            self._next, self._shown = now + _BETWEEN, True
            self._stream.write(f"\r{self._doing}: {done} of {self._total} probes\x1b[K")
            self._stream.flush()

"""Records that were taken out of the ring buffer before anybody has looked at them, so that there is room for others.

Python needs some microseconds to handle an event, and a tenth of that to take one: what comes faster for a while is
not lost, but waits here. Records keep their order.
"""

import sys
from collections import deque

from .kernel.ring import RingBuffer

FOR_PROGRAMS, FOR_PEOPLE = 1 << 28, 1 << 24
"""How many bytes may wait: some two million events, or as many as are handled within a second or two after a Ctrl-C.

Beyond, events are lost in the ring, which counts them.
"""
_AT_ONCE = 1 << 14
_OF_EACH = 64
"""Bytes that Python needs for each record besides."""


class Backlog:
    """The records of `ring`, the oldest first, `most` bytes of them."""

    def __init__(self, ring: RingBuffer, most: int = FOR_PEOPLE) -> None:
        self._ring, self._most = ring, most
        self._records: deque[bytes] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._records)

    def refill(self, most: int = sys.maxsize) -> None:
        """Take what is complete in the ring now, at most so many records."""
        while most > 0 and self._bytes < self._most and (some := self._ring.take(min(most, _AT_ONCE))):
            self._records.extend(some)
            self._bytes += _size(some)
            most -= len(some)
            if len(some) < _AT_ONCE:
                return

    def take(self, most: int) -> list[bytes]:
        """The first records, at most so many."""
        found = [self._records.popleft() for _ in range(min(most, len(self._records)))]
        self._bytes -= _size(found)
        return found

    def peek(self) -> bytes | None:
        """The next record, waiting here or complete in the ring."""
        return self._records[0] if self._records else self._ring.peek()


def _size(records: list[bytes]) -> int:
    return sum(map(len, records)) + _OF_EACH * len(records)

"""A BPF ring buffer from user space: records in order, without a system call while there are any.

Layout (Documentation/bpf/ringbuf.rst, kernel/bpf/ringbuf.c): the map's first page holds the consumer's position
and may be written; the second holds the producer's; then the data twice, so that no record is split at the
end. A record is a u32 length with two flag bits, a u32 for the kernel, the data, and padding to eight bytes.
Positions count bytes and never wrap. The kernel publishes a record by its length word, after the data;
this reader relies on x86's order of loads, and elsewhere on the many instructions between Python's loads.
"""

import mmap
from collections.abc import Generator
from itertools import islice
from types import TracebackType
from typing import Self

from .failure import refusal

_PAGE = mmap.PAGESIZE
_BUSY, _DISCARD = 1 << 31, 1 << 30
_LENGTH = _DISCARD - 1
_HEADER = 8
_FIRST = _PAGE + _HEADER


class RingBuffer:
    """The consumer's side of a ring buffer map of `size` bytes (a power of two) behind `fd`; one consumer only.

    `fd` can be polled: it is readable while there is something to read. It belongs to the map's owner.
    """

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.size = size
        try:
            self._consumer = mmap.mmap(fd, _PAGE)
            self._data = mmap.mmap(fd, _PAGE + 2 * size, prot=mmap.PROT_READ, offset=_PAGE)
        except OSError as error:
            raise refusal("ring-buffer", "cannot map the ring buffer of events", error) from error
        self._position = memoryview(self._consumer).cast("Q")
        self._produced = memoryview(self._data)[:_HEADER].cast("Q")
        self._words = memoryview(self._data)[_PAGE:].cast("I")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the map itself stays."""
        for view in (self._position, self._produced, self._words):
            view.release()
        self._consumer.close()
        self._data.close()

    @property
    def positions(self) -> tuple[int, int]:
        """The consumer's and the producer's position."""
        return self._position[0], self._produced[0]

    def give_back(self, position: int) -> None:
        """Everything before a position was read."""
        self._position[0] = position

    @property
    def pending(self) -> int:
        """Bytes between consumer and producer, headers included."""
        return self._produced[0] - self._position[0]

    def take(self, most: int) -> list[bytes]:
        """At most so many records, as `records` gives them."""
        records = self.records()
        found = list(islice(records, most))
        records.close()
        return found

    def peek(self) -> bytes | None:
        """The data of the next record, if it is complete now."""
        position = self._position[0]
        length = self._words[(position & (self.size - 1)) >> 2] if position < self._produced[0] else _BUSY
        if length >= _DISCARD:
            return None
        at = _FIRST + (position & (self.size - 1))
        return self._data[at : at + length]

    def records(self) -> Generator[bytes, None, None]:
        """The data of all records that are complete now, in the order in which they were reserved.

        What comes in meanwhile is left for the next call, so that this one ends. A record that its program
        has reserved and not yet submitted holds up those behind it. Space is given back to the kernel after
        each sixteenth of the buffer and at the end, also when the iterator is closed early.
        """
        position, end, mask = self._position[0], self._produced[0], self.size - 1
        data, words = self._data, self._words
        part = self.size // 16
        store_at = position + part
        try:
            while position < end:
                at = position & mask
                length = words[at >> 2]
                if length < _DISCARD:
                    position += (length + _HEADER + 7) & ~7  # before the yield, after which we may be closed
                    at += _FIRST
                    yield data[at : at + length]
                elif length & _BUSY:
                    return
                else:
                    position += ((length & _LENGTH) + _HEADER + 7) & ~7
                if position >= store_at:
                    self._position[0] = position
                    store_at = position + part
        finally:
            self._position[0] = position

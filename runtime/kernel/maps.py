"""A BPF map from user space: thousands of elements a system call, element by element where a kernel lacks that.

Values of per-CPU maps are the copies of all possible CPUs one after the other, each rounded up to eight bytes.
Commands: bpf(2) and linux/bpf.h; batches came with Linux 5.6.
"""

import errno
import struct
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from . import bpf, cpus, syscalls
from .failure import Reason, refusal
from .syscalls import Buffer, address

_LOOKUP, _UPDATE, _DELETE, _NEXT_KEY = 1, 2, 3, 4
_LOOKUP_BATCH, _LOOKUP_AND_DELETE_BATCH = 24, 25
_ENOTSUPP = 524  # the kernel's own number (linux/errno.h), which libc does not name
_NO_BATCHES = frozenset({errno.EINVAL, errno.EOPNOTSUPP, _ENOTSUPP})
_BATCH_BYTES = 1 << 20
_PER_CPU = frozenset({bpf.MAP_PERCPU_HASH, bpf.MAP_PERCPU_ARRAY, bpf.MAP_LRU_PERCPU_HASH})
_ARRAYS = frozenset({bpf.MAP_ARRAY, bpf.MAP_PERCPU_ARRAY})


class _BatchesMissing(Exception):
    """This kernel reads this kind of map only element by element."""


class BpfMap(NamedTuple):
    """A map of kind `kind` (enum bpf_map_type) behind `fd`, which belongs to its object. Errors: HostError `map`."""

    fd: int
    kind: int
    key_size: int
    value_size: int
    entries: int
    name: str = ""

    @property
    def per_cpu(self) -> bool:
        """Whether a value is one copy for each possible CPU."""
        return self.kind in _PER_CPU

    @property
    def stride(self) -> int:
        """Bytes of a whole value as it is read and written, all CPUs' copies included."""
        return (self.value_size + 7) // 8 * 8 * cpus.possible() if self.per_cpu else self.value_size

    def lookup(self, key: bytes) -> bytes | None:
        """The value under a key, `stride` bytes, or None."""
        value = Buffer(self.stride)
        return bytes(value) if self._element(_LOOKUP, key, value) else None

    def update(self, key: bytes, value: bytes) -> None:
        """Set the value (`stride` bytes) under a key."""
        if len(value) != self.stride:
            raise ValueError(f"a value of {self.name} has {self.stride} bytes, not {len(value)}")
        self._element(_UPDATE, key, Buffer(value))

    def delete(self, key: bytes) -> bool:
        """Remove a key; False where it was not there."""
        return self._element(_DELETE, key, Buffer())

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys with their values, in no order. Keys that come or go meanwhile may be in it or not."""
        try:
            for keys, values in self._batches(_LOOKUP_BATCH):
                yield from self._pairs(keys, values)
        except _BatchesMissing:
            for key in self._keys():
                found = self.lookup(key)
                if found is not None:
                    yield key, found

    def whole(self) -> tuple[bytearray, bytearray]:
        """What `items` gives, all keys side by side and their values likewise: a million take a fifth of the memory."""
        all_keys, all_values = bytearray(), bytearray()
        try:
            for keys, values in self._batches(_LOOKUP_BATCH):
                all_keys += keys
                all_values += values
        except _BatchesMissing:
            for key, value in self.items():
                all_keys += key
                all_values += value
        return all_keys, all_values

    def drain(self) -> Iterator[tuple[bytes, bytes]]:
        """Like `items`, and each is gone from the map once read; arrays are set to zero instead."""
        if self.kind in _ARRAYS:
            for key, value in self.items():
                self.update(key, bytes(self.stride))
                yield key, value
            return
        try:
            for keys, values in self._batches(_LOOKUP_AND_DELETE_BATCH):
                yield from self._pairs(keys, values)
        except _BatchesMissing:
            for key in list(self._keys()):  # first all keys: walking on from a deleted one starts anew
                found = self.lookup(key)
                if found is not None and self.delete(key):
                    yield key, found

    def clear(self) -> None:
        """Empty the map, or set an array to zero; ends even while programs go on adding keys."""
        if self.kind in _ARRAYS:
            zero = bytes(self.stride)
            for index in range(self.entries):
                self.update(struct.pack("=I", index), zero)
            return
        try:
            for _ in self._batches(_LOOKUP_AND_DELETE_BATCH):
                pass
        except _BatchesMissing:
            for key in list(self._keys()):
                self.delete(key)

    def _pairs(self, keys: memoryview, values: memoryview) -> Iterator[tuple[bytes, bytes]]:
        each_key = chain.from_iterable(struct.iter_unpack(f"{self.key_size}s", keys))
        each_value = chain.from_iterable(struct.iter_unpack(f"{self.stride}s", values))
        return zip(each_key, each_value, strict=True)

    def _batches(self, command: int) -> Iterator[tuple[memoryview, memoryview]]:
        """The keys side by side and their values likewise, a batch at a time."""
        size = max(1, min(self.entries, _BATCH_BYTES // (self.key_size + self.stride)))
        place = Buffer(max(4, self.key_size))  # where the next batch begins; hash maps use a u32 (kernel/bpf/hashtab.c)
        start, last = 0, False
        while not last:
            keys, values = Buffer(size * self.key_size), Buffer(size * self.stride)
            attributes = Buffer(
                struct.pack("=4Q2I2Q", start, address(place), address(keys), address(values), size, self.fd, 0, 0)
            )
            try:
                syscalls.bpf(command, attributes)
            except OSError as error:
                if error.errno == errno.ENOSPC:  # one bucket of the hash table holds more than fits
                    size *= 2
                    continue
                if error.errno in _NO_BATCHES and not start:
                    raise _BatchesMissing from error
                if error.errno != errno.ENOENT:
                    raise self._refused("read", error) from error
                last = True
            start = address(place)
            (count,) = struct.unpack_from("=I", attributes, 32)
            if count:
                yield memoryview(keys)[: count * self.key_size], memoryview(values)[: count * self.stride]

    def _keys(self) -> Iterator[bytes]:
        """All keys, one system call each; no key twice, and an end even while programs add and remove keys."""
        seen: set[bytes] = set()
        key: bytes | None = None
        for _ in range(2 * self.entries + 1):  # the kernel starts anew where `key` has gone meanwhile
            current, following = Buffer(key or b""), Buffer(self.key_size)
            head = address(current) if key is not None else 0
            try:
                syscalls.bpf(_NEXT_KEY, Buffer(struct.pack("=2I2Q", self.fd, 0, head, address(following))))
            except FileNotFoundError:  # ENOENT: that was the last
                return
            except OSError as error:
                raise self._refused("read", error) from error
            key = bytes(following)
            if key not in seen:
                seen.add(key)
                yield key

    def _element(self, command: int, key: bytes, value: Buffer) -> bool:
        """One command on one element; False where the key is not there."""
        if len(key) != self.key_size:
            raise ValueError(f"a key of {self.name} has {self.key_size} bytes, not {len(key)}")
        place = Buffer(key)
        target = address(value) if value else 0
        try:
            syscalls.bpf(command, Buffer(struct.pack("=2I3Q", self.fd, 0, address(place), target, 0)))
        except FileNotFoundError:  # ENOENT
            return False
        except OSError as error:
            raise self._refused("write" if command == _UPDATE else "read", error) from error
        return True

    def _refused(self, verb: str, error: OSError) -> Exception:
        full = Reason(f"it is full at {self.entries} entries", "make it larger: `--map-entries`")
        return refusal("map", f"cannot {verb} map {self.name}", error, {errno.E2BIG: full})

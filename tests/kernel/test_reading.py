"""Rings and maps of the real kernel: everything that went in comes out, in order, once."""

import os
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
from objects import HASH, PERCPU_HASH, RING, STACK_TRACE, entry, repeat, table
from plytrace.compiler.attachment import RawTracepoint
from plytrace.grammar.diagnostic import HostError
from plytrace.runtime.attach import attach
from plytrace.runtime.kernel import cpus
from plytrace.runtime.kernel.object import BpfObject
from plytrace.runtime.kernel.ring import RingBuffer

Opener = Callable[..., BpfObject]

# Adds key N under N, N+1, ... of word 2; the value is the triple of the key.
FILL = """%key = alloca i64
 %value = alloca i64
 %n = load i64, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 2)
 store i64 %n, ptr %key
 %next = add i64 %n, 1
 store i64 %next, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 2)
 %triple = mul i64 %n, 3
 store i64 %triple, ptr %value
 %r = call i64 inttoptr (i64 2 to ptr)(ptr @table, ptr %key, ptr %value, i64 0)
 ret i32 0"""
# Word 0 numbers the records that went in, word 3 counts those that did not; every fourth is discarded.
EMIT = """%room = call ptr inttoptr (i64 131 to ptr)(ptr @ring, i64 24, i64 0)
 %full = icmp eq ptr %room, null
 br i1 %full, label %lost, label %fill
lost:
 %c = atomicrmw add ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 3), i64 1 monotonic
 ret i32 0
fill:
 %n = load i64, ptr @words
 store i64 %n, ptr %room
 %next = add i64 %n, 1
 store i64 %next, ptr @words
 %low = and i64 %n, 3
 %drop = icmp eq i64 %low, 3
 br i1 %drop, label %discard, label %submit
discard:
 call void inttoptr (i64 133 to ptr)(ptr %room, i64 1)
 ret i32 0
submit:
 call void inttoptr (i64 132 to ptr)(ptr %room, i64 1)
 ret i32 0"""
STACK = """%r = call i64 inttoptr (i64 27 to ptr)(ptr %context, ptr @stacks, i64 0)
 %c = atomicrmw add ptr @words, i64 1 monotonic
 ret i32 0"""


def test_a_ring_keeps_order_around_its_end_and_counts_what_did_not_fit(load: Opener) -> None:
    item = load({"emit": ("raw_tp", EMIT)}, {"ring": {"type": RING, "max_entries": 4096}})
    shared, state = item.map("ring"), item.state()
    got: list[int] = []
    with RingBuffer(shared.fd, shared.entries) as ring:
        for _ in range(50):  # 100 records of 32 bytes: 78 % of the buffer each time
            repeat(item, "emit", 100)
            got += [struct.unpack("Q16x", record)[0] for record in ring.records()]
        assert state[0] == 5000 and state[3] == 0
        assert got == [number for number in range(5000) if number % 4 != 3]
        repeat(item, "emit", 200)
        assert state[0] - 5000 + state[3] == 200 and state[3] >= 200 - 128
        assert len(list(ring.records())) == sum(number % 4 != 3 for number in range(5000, state[0]))
        assert ring.pending == 0


def test_a_ring_read_in_part_goes_on_where_it_was_left(load: Opener) -> None:
    item = load({"emit": ("raw_tp", EMIT)}, {"ring": {"type": RING, "max_entries": 4096}})
    repeat(item, "emit", 8)
    with RingBuffer(item.map("ring").fd, 4096) as ring:
        records = ring.records()
        assert [next(records)[0], next(records)[0]] == [0, 1]
        records.close()
        assert [record[0] for record in ring.records()] == [2, 4, 5, 6]


@pytest.mark.parametrize("kind", [HASH, PERCPU_HASH], ids=["hash", "per-CPU hash"])
def test_a_big_map_is_read_drained_and_cleared(load: Opener, kind: int) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(kind, 20000)})
    numbers = item.map("table")
    assert numbers.per_cpu == (kind == PERCPU_HASH)
    assert numbers.stride == 8 * (cpus.possible() if numbers.per_cpu else 1)
    repeat(item, "fill", 10000)

    def read(pairs: Iterator[tuple[bytes, bytes]]) -> dict[int, int]:
        rows = list(pairs)
        found = {struct.unpack("Q", key)[0]: sum(struct.unpack(f"{len(value) // 8}Q", value)) for key, value in rows}
        assert len(found) == len(rows)
        return found

    expected = {number: 3 * number for number in range(10000)}
    assert read(numbers.items()) == expected
    assert read(numbers.drain()) == expected
    assert read(numbers.items()) == {}
    repeat(item, "fill", 100)
    numbers.clear()
    assert read(numbers.items()) == {}


def test_single_elements(load: Opener) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(PERCPU_HASH, 2)})
    numbers = item.map("table")
    key, value = struct.pack("Q", 7), b"\x01" * numbers.stride
    assert numbers.lookup(key) is None and not numbers.delete(key)
    numbers.update(key, value)
    assert numbers.lookup(key) == value and numbers.delete(key) and numbers.lookup(key) is None
    with pytest.raises(HostError) as caught:
        for number in range(10):
            numbers.update(struct.pack("Q", number), value)
    assert caught.value.diagnostics[0].code == "map" and "--map-entries" in caught.value.diagnostics[0].help


def test_a_map_without_batches_is_read_by_element(load: Opener) -> None:
    stacks = {"type": STACK_TRACE, "key_size": 4, "value_size": 127 * 8, "max_entries": 64}
    item = load({"stack": ("raw_tp/sys_enter", STACK)}, {"stacks": stacks})
    with attach(item, entry("stack", RawTracepoint("sys_enter"))):
        os.getppid()
    rows = list(item.map("stacks").items())
    assert rows and all(any(struct.unpack("127Q", value)) for _, value in rows)
    item.map("stacks").clear()
    assert list(item.map("stacks").items()) == []


def test_a_map_is_cleared_while_it_is_filled(load: Opener) -> None:
    item = load({"fill": ("raw_tp", FILL)}, {"table": table(HASH, 5000)})
    stop = threading.Event()

    def fill() -> None:
        while not stop.is_set():
            repeat(item, "fill", 50)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        for _ in range(100):
            item.map("table").clear()
    finally:
        stop.set()
        thread.join()
    item.map("table").clear()
    assert list(item.map("table").items()) == []

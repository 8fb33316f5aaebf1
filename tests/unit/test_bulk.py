"""Native code prints what Python prints, byte for byte: any events, formats and memory, in both output formats."""

import io
import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plytrace.compiler.artifact import Artifact, StateLayout
from plytrace.compiler.backends.llvm.host import machine_code
from plytrace.compiler.effects import Conversion, Exit, Print, Printf
from plytrace.compiler.schema import EventSchema, Field
from plytrace.compiler.types import Bytes, Int, Shown, Str, Type, slot_size
from plytrace.runtime import backlog
from plytrace.runtime.bulk import BulkDrain
from plytrace.runtime.events import Events
from plytrace.runtime.kernel.ring import RingBuffer
from plytrace.runtime.output import create
from plytrace.runtime.output.protocol import Settings
from plytrace.runtime.session import _Writer
from plytrace.runtime.symbols import KernelSymbols
from plytrace.runtime.world import LiveWorld

CODE = machine_code()
SIZE = mmap.PAGESIZE * 16
BUSY, DISCARDED = 1 << 31, 1 << 30

FLAGS = st.lists(st.sampled_from("-0+ #"), unique=True, max_size=3).map("".join)
WIDTHS = st.sampled_from([0, 0, 0, 1, 5, 16, 40])
PRECISIONS = st.sampled_from([-1, -1, -1, 0, 3, 12])
LITERALS = st.sampled_from(["", "a", "%", "\n", ", ", '"\\x', "é", "\udcff", "x" * 30])
INTEGERS = st.builds(Int, st.sampled_from([8, 32, 64]), st.booleans(), st.sampled_from(["", "", "ns"]))
STRINGS = st.builds(Str, st.sampled_from([4, 8, 16, 24]))
NUMBERS = st.sampled_from([0, 1, -1, 9, 10, 255, 2**31, 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)
TEXTS = st.sampled_from(
    b'|dd|a name|a b|q"uote|back\\slash|\x1b[31m|caf\xc3\xa9|\xff|\0\xff|\x7f|\x1f|~ !'.split(b"|")
) | st.sampled_from([b"0123456789abcde", b"0123456789abcdef"])


@st.composite
def conversions(draw: st.DrawFn, kind: Type) -> Conversion:
    kinds = "diuxXopcsv" if isinstance(kind, Int) else "sv" if isinstance(kind, Str) else "v"
    bits = draw(st.sampled_from([8, 16, 32, 64]))
    return Conversion(draw(FLAGS), draw(WIDTHS), draw(PRECISIONS), draw(st.sampled_from(kinds)), bits)


@st.composite
def events(draw: st.DrawFn, number: int) -> EventSchema:
    kinds = draw(st.lists(INTEGERS | STRINGS | st.just(Bytes(8)), max_size=4))
    offsets = [16 + sum(map(slot_size, kinds[:index])) for index in range(len(kinds))]
    fields = tuple(Field("", kind, offset) for kind, offset in zip(kinds, offsets, strict=True))
    size = 16 + sum(map(slot_size, kinds))
    if draw(st.integers(0, 4)) == 0 and fields:
        return EventSchema(number, Print(), fields, size)
    pieces: list[str | Conversion] = [draw(LITERALS)]
    for kind in kinds:
        pieces += [draw(conversions(kind)), draw(LITERALS)]
    return EventSchema(number, Printf(tuple(pieces)), fields, size)


@st.composite
def records(draw: st.DrawFn, schemas: Sequence[EventSchema]) -> bytes:
    schema = draw(st.sampled_from(schemas))
    slots = []
    for field in schema.fields:
        if isinstance(field.type, Int):
            slots.append(struct.pack("=q", draw(NUMBERS)))
        else:
            size = slot_size(field.type)
            slots.append(draw(TEXTS)[:size].ljust(size, b"\0"))
    return struct.pack("=QQ", schema.number, draw(st.integers(0, 2**63))) + b"".join(slots)


@contextmanager
def ring(contents: Sequence[tuple[bytes, int]], start: int) -> Iterator[RingBuffer]:
    """A file that looks as the kernel's ring buffer does: records with the flags of their headers."""
    file = os.memfd_create("ring")
    try:
        os.ftruncate(file, 2 * mmap.PAGESIZE + 2 * SIZE)
        position = start
        for content, flags in contents:
            record = struct.pack("=II", len(content) | flags, 0) + content.ljust((len(content) + 7) // 8 * 8, b"\0")
            for index in range(0, len(record), 8):
                at = (position + index) % SIZE
                for place in (at, at + SIZE):
                    os.pwrite(file, record[index : index + 8], 2 * mmap.PAGESIZE + place)
            position += len(record)
        os.pwrite(file, struct.pack("=Q", start), 0)
        os.pwrite(file, struct.pack("=Q", position), mmap.PAGESIZE)
        with RingBuffer(file, SIZE) as buffer:
            yield buffer
    finally:
        os.close(file)


def written(
    schemas: Sequence[EventSchema], contents: Sequence[tuple[bytes, int]], start: int, format: str, native: bool
) -> tuple[bytes, int, int, Any]:
    """What comes out, how many records that were, what is left in the ring, and the exit status."""
    artifact = Artifact("x.ply", "", b"", (), (), (), tuple(schemas), (), (), StateLayout(3, 3, 3))
    out = io.BytesIO()
    stream = io.TextIOWrapper(out, encoding="utf-8")
    output = create(format, stream, Settings())
    with ring(contents, start) as buffer:
        world = LiveWorld(artifact, KernelSymbols(lambda: b""), {}.get)
        events = Events(SimpleNamespace(artifact=artifact, ring=buffer, world=world), _Writer(output))  # type: ignore
        if native:
            events.use(CODE)
        count = events.drain()
        left = buffer.pending
        events.close()
    return out.getvalue(), count, left, events.status


def timed(contents: Sequence[tuple[bytes, int]], start: int, swapped: set[int]) -> list[tuple[bytes, int]]:
    """One after the other in time, but for some pairs side by side."""
    times = [start + 10 * index for index in range(len(contents))]
    place = 0
    while place + 1 < len(contents):
        if place in swapped and not contents[place][1] | contents[place + 1][1]:
            times[place], times[place + 1] = times[place + 1], times[place]
            place += 1
        place += 1
    pairs = zip(contents, times, strict=True)
    return [(content[:8] + struct.pack("=Q", time) + content[16:], flags) for (content, flags), time in pairs]


def test_what_waits_keeps_its_order_and_has_a_limit() -> None:
    numbers = [struct.pack("=Q", number) for number in range(50)]
    with ring([(number, 0) for number in numbers[:-1]] + [(numbers[-1], BUSY)], 0) as buffer:
        waiting = backlog.Backlog(buffer, 10 * (8 + 64))
        assert waiting.peek() == numbers[0] and len(waiting) == 0
        waiting.refill(10)
        waiting.refill()  # there is no room for another
        assert (len(waiting), waiting.take(3), waiting.peek()) == (10, numbers[:3], numbers[3])
        waiting.refill()
        assert waiting.take(5) == numbers[3:8]
        waiting.refill()
        assert waiting.take(100) == numbers[8:-1]
        assert (waiting.peek(), waiting.take(1), buffer.pending) == (None, [], 16)


def test_records_that_are_side_by_side_in_the_wrong_order() -> None:
    schema = EventSchema(0, Printf((Conversion("", 0, -1, "d"), "\n")), (Field("", Int(), 16),), 24)
    contents = timed([(struct.pack("=QQq", 0, 0, number), 0) for number in range(100)], 5, {0, 7, 8, 50, 97})
    for native in (False, True):
        text, count, left, _ = written([schema], contents, 0, "text", native)
        assert (count, left) == (100, 0)
        numbers = [int(word) for word in text.split()]
        assert numbers == [1, 0, 2, 3, 4, 5, 6, 8, 7, *range(9, 50), 51, 50, *range(52, 97), 98, 97, 99]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_both_ways_print_the_same_bytes(data: st.DataObject) -> None:
    schemas = [data.draw(events(number)) for number in range(data.draw(st.integers(1, 3)))]
    schemas.append(EventSchema(len(schemas), Exit(), (Field("", Int(), 16),), 24))
    count = data.draw(st.integers(0, 12))
    flags = st.sampled_from([0] * 8 + [DISCARDED])
    contents = [(data.draw(records(schemas)), data.draw(flags)) for _ in range(count)]
    contents = timed(contents, data.draw(st.integers(0, 2**62)), data.draw(st.sets(st.integers(0, 12))))
    if data.draw(st.booleans()):  # not yet submitted: it holds up those behind it
        contents.insert(data.draw(st.integers(0, count)), (bytes(24), BUSY))
    start = data.draw(st.sampled_from([0, SIZE - 8, SIZE - 64, 5 * SIZE - 200]))
    for format in ("text", "json"):
        both = [written(schemas, contents, start, format, native) for native in (False, True)]
        assert both[0] == both[1]


def test_many_more_than_fit_into_memory_for_output() -> None:
    """2,000 lines of 600 characters, and more than the ring holds at once of none."""
    schema = EventSchema(0, Printf((Conversion("", 600, -1, "d"), "\n")), (Field("", Int(), 16),), 24)
    contents = [(struct.pack("=QQq", 0, 0, number), 0) for number in range(2000)]
    plain, native = (written([schema], contents, 0, "text", way) for way in (False, True))
    assert plain == native
    assert plain[0].count(b"\n") == 2000 and plain[1:] == (2000, 0, None)


def test_what_native_code_leaves_to_python() -> None:
    """Else the property above would hold without any native code."""

    def handled(kind: Type, conversion: Conversion, memory: bytes) -> int:
        schema = EventSchema(0, Printf((conversion, "\n")), (Field("", kind, 16),), 16 + slot_size(kind))
        lines: list[bytes] = []
        shape = create("text", io.StringIO(), Settings()).shape()
        assert shape is not None
        with ring([(struct.pack("=QQ", 0, 0) + memory, 0)] * 3, SIZE - 40) as buffer:
            drain = BulkDrain(buffer, CODE, [schema], shape._replace(write=lambda text: lines.append(bytes(text))))
            count, strange = drain.run()
            assert strange == (count < 3) and len(b"".join(lines).splitlines()) == count
            drain.close()
        return count

    number, text = struct.pack("=q", -5), b"dd".ljust(16, b"\0")
    assert handled(Int(), Conversion("-", 7, -1, "d", 32), number) == 3
    assert handled(Str(16), Conversion("", 20, 1, "s"), text) == 3
    assert handled(Str(16), Conversion("", 0, -1, "s"), b"back\\slash".ljust(16, b"\0")) == 0
    assert handled(Str(16), Conversion("", 0, -1, "s"), b"\0\xff".ljust(16, b"\0")) == 0
    assert handled(Str(16), Conversion("", 0, -1, "s"), b"0123456789abcdef") == 0
    assert handled(Int(unit="ns"), Conversion("", 0, -1, "v"), number) == 0
    assert handled(Shown(Int(), "func"), Conversion("", 0, -1, "s"), number) == 0


def test_code_that_is_not_ours_never_runs() -> None:
    """Where the system does not let memory become code, Python does it all."""
    with ring([], 0) as buffer, pytest.raises(OSError):
        BulkDrain(buffer, b"", [], create("json", io.StringIO(), Settings()).shape())  # type: ignore[arg-type]

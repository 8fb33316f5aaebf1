"""Text of events that come fast: machine code drains the ring buffer and formats, Python does what is left.

The code, 1 KiB (`compiler/bulk.py`), is compiled once a machine and kept in the cache. What each event prints becomes
steps for it here, from the event's schema. Records that it cannot do exactly as `format.py` does stay in the ring and
are handled one by one, as all are without it; so both ways print the same bytes.

The variable PLY_BULK is `0` to do without, `1` to begin with the first event; else it begins when events are fast.
"""

from array import array
from collections.abc import Callable, Sequence

from ..compiler import bulk
from ..compiler.effects import Conversion, Print, Printf
from ..compiler.schema import EventSchema, Field
from ..compiler.types import Int, Str, slot_size
from . import cache
from .kernel.native import Code, ring_data
from .kernel.ring import RingBuffer
from .kernel.syscalls import Buffer, address
from .output.protocol import Shape

_ROOM, _SLACK = 1 << 18, 16
_BASES = {"d": 10, "i": 10, "u": 10, "x": 16, "X": 16, "p": 16, "o": 8}
_LONGEST_NUMBER = 26


def machine_code() -> bytes | None:
    """The loop: from the cache, or compiled now, which takes 0.1 s; None where that is not possible."""
    name = "native-" + cache.key(("bulk",))
    found = cache.load(name)
    if isinstance(found, bytes):
        return found
    try:
        from ..compiler.backends.llvm.host import machine_code as compiled

        code = compiled()
    except (ImportError, RuntimeError):
        return None
    cache.store(name, code)
    return code


def has_simple(events: Sequence[EventSchema]) -> bool:
    """Whether any of the events is one for native code."""
    return any(_pieces(event) is not None for event in events)


class BulkDrain:
    """Handles the simple events of a ring: all that come before one that is not. Raises OSError where it cannot be."""

    def __init__(self, ring: RingBuffer, code: bytes, events: Sequence[EventSchema], shape: Shape) -> None:
        self._ring, self._write = ring, shape.write
        self._kept: list[Buffer | array[int]] = []
        self._code = Code(code)
        self._data = ring_data(ring.fd, ring.size)
        steps = [_steps(event, shape) for event in events]
        table = [word for one in steps for word in ((self._keep(one.words(self._keep)), one.most) if one else (0, 0))]
        plain = [0x20 <= byte < 0x7F and byte not in shape.refused for byte in range(256)]
        room = max([_ROOM, *(one.most for one in steps if one)])
        self._out = Buffer(room + _SLACK)
        self._start = address(self._out)
        self._frame = array("Q", [0] * bulk.FRAME_WORDS)
        self._frame[bulk.DATA], self._frame[bulk.MASK] = self._data.address, ring.size - 1
        self._frame[bulk.EVENTS], self._frame[bulk.PLAIN] = (self._keep(array("Q", it)) for it in (table, plain))
        self._frame[bulk.OUT_END] = self._start + room
        self._argument = self._frame.buffer_info()[0]

    def _keep(self, words: "array[int] | Buffer") -> int:
        """Where they are, for as long as this lives."""
        self._kept.append(words)
        return words.buffer_info()[0] if isinstance(words, array) else address(words)

    def run(self) -> tuple[int, bool]:
        """Handle what is complete now; how many records, and whether the next one is for Python."""
        frame, total = self._frame, 0
        while True:
            frame[bulk.POSITION], frame[bulk.END] = self._ring.positions
            frame[bulk.OUT], frame[bulk.STOPPED] = self._start, bulk.DONE
            self._code.run(self._argument)
            written = frame[bulk.OUT] - self._start
            total += frame[bulk.COUNT]
            self._ring.give_back(frame[bulk.POSITION])
            if written:
                self._write(memoryview(self._out)[:written])
            if frame[bulk.STOPPED] != bulk.FULL:
                return total, frame[bulk.STOPPED] == bulk.STRANGE

    def close(self) -> None:
        """Give the memory back."""
        self._data.close()
        self._code.close()


class _Steps:
    """What to do for one event, literals as bytes, and the most bytes of text that makes."""

    def __init__(self) -> None:
        self.most = 0
        self._steps: list[tuple[int, bytes, Sequence[int]]] = []

    def literal(self, text: str) -> None:
        """The script's own text."""
        content = text.encode("utf-8", "surrogateescape")
        self.most += len(content)
        if self._steps and self._steps[-1][0] == bulk.LITERAL:
            content = self._steps.pop()[1] + content
        if content:
            self._steps.append((bulk.LITERAL, content, ()))

    def add(self, kind: int, most: int, *words: int) -> None:
        """Another step, which makes at most so many bytes."""
        self._steps.append((kind, b"", words))
        self.most += most

    def words(self, keep: Callable[[Buffer], int]) -> "array[int]":
        """As the native code reads them, and the last one."""
        found = array("Q")
        for kind, content, words in self._steps:
            # Literals are copied eight bytes at a time.
            numbers = [keep(Buffer(content + bytes(8))), len(content)] if content else words
            found.extend([kind, *numbers, *(0,) * (bulk.STEP_WORDS - 1 - len(numbers))])
        found.extend([bulk.LAST] * bulk.STEP_WORDS)
        return found


def _steps(event: EventSchema, shape: Shape) -> _Steps | None:
    pieces = _pieces(event)
    if pieces is None:
        return None
    steps = _Steps()
    steps.literal(shape.before)
    if shape.timed:
        _number(steps, 8, Int(64, False), Conversion("", 0, -1, "u"))
        steps.literal(shape.between)
    for piece in pieces:
        if isinstance(piece, str):
            steps.literal(shape.literal(piece))
        else:
            _field(steps, *piece)
    steps.literal(shape.after)
    return steps


def _pieces(event: EventSchema) -> list[str | tuple[Field, Conversion]] | None:
    """Texts and fields in order, or None where the event is none for native code."""
    found: list[str | tuple[Field, Conversion]] = []
    match event.effect:
        case Printf(pieces=pieces):
            fields = iter(event.fields)
            found += [piece if isinstance(piece, str) else (next(fields), piece) for piece in pieces]
        case Print():
            for field in event.fields:
                found += [", ", (field, Conversion("", 0, -1, "v"))]
            found = [*found[1:], "\n"]
        case _:
            return None
    simple = all(isinstance(piece, str) or _is_simple(*piece) for piece in found)
    return found if simple else None


def _is_simple(field: Field, conversion: Conversion) -> bool:
    kind, precision = conversion.kind, conversion.precision
    match field.type:
        case Int(unit=unit):
            natural = kind == "s" or (kind == "v" and not unit)
            return natural or (kind in _BASES and precision < 0 and "#" not in conversion.flags)
        case Str():
            return kind in _BASES or kind in "sv"
        case _:
            return False


def _field(steps: _Steps, field: Field, conversion: Conversion) -> None:
    if isinstance(field.type, Int):
        _number(steps, field.offset, field.type, conversion)
        return
    size, width = slot_size(field.type), conversion.width
    cut = conversion.precision if conversion.kind != "v" and conversion.precision >= 0 else size
    steps.add(bulk.TEXT, max(size, width), field.offset, size, cut, _left(conversion), width)


def _left(conversion: Conversion) -> int:
    return bulk.LEFT if "-" in conversion.flags else 0


def _number(steps: _Steps, offset: int, kind: Int, conversion: Conversion) -> None:
    """A number in its natural text (`%s`, `%v`), or as its conversion says: `format.py`, `_integer`."""
    given, flags, width = conversion.kind, conversion.flags, conversion.width
    options, sign, prefix, bits, signed = _left(conversion), "", "", 64, kind.signed
    if given in _BASES:
        signed, bits = given in "di", conversion.bits
        sign = ("+" if "+" in flags else " " if " " in flags else "") if signed else ""
        prefix = "x" if given == "p" else ""
        options |= (bulk.ZEROS if "0" in flags and not options else 0) | (bulk.UPPER if given == "X" else 0)
    options |= bulk.SIGNED if signed else 0
    marks = [ord(mark) if mark else 0 for mark in (sign, prefix)]
    steps.add(
        bulk.NUMBER, max(width, _LONGEST_NUMBER), offset, 64 - bits, _BASES.get(given, 10), options, width, *marks
    )

"""The loop that turns records of the ring buffer into text, as code for the machine that reads them.

It is written through the same `Emitter` as the programs that make the records, and compiled by the same LLVM, once a
machine: what to print is data, a list of steps for each event (`runtime/bulk.py`). It does what is simple, and stops at
a record that is not: an event without steps, a string that has to be escaped or was cut or could not be read, a record
that is younger than the one behind it.

    records 7, "dd" and 9, "sh"  with the steps  NUMBER, LITERAL " ", TEXT, LITERAL "\\n"  ->  "7 dd\\n9 sh\\n"

Everything is a 64-bit word. The argument is a `Frame`; an event is two words, where its steps are (0 for none) and how
many bytes of text a record of it makes at most; a step is `STEP_WORDS` words, the first of them what it does.
"""

from collections.abc import Callable

from ..grammar.frozen import dataclass
from .emitter import Comparison, ModuleEmitter, Pointer, Scalar
from .looping import variable

DATA, MASK, POSITION, END, EVENTS, PLAIN, OUT, OUT_END, COUNT, STOPPED = range(10)
"""Words of a frame. In: the ring's data, its size less one, from where to where to read; the events; 256 words, zero
for bytes that cannot stand in text as they are. In and out: where to write. Out: records handled, why it stopped."""
FRAME_WORDS = 10
DONE, FULL, STRANGE = range(3)
"""Why it stopped: nothing more is complete, no room to write, a record that it cannot do."""

STEP_WORDS = 8
LAST, LITERAL, NUMBER, TEXT = range(4)
"""LITERAL: address, bytes. NUMBER: offset, how far to shift left and back, base, flags, width, sign of those that are
not negative, second character of the prefix `0x`. TEXT: offset, slot's bytes, longest, flags, width."""
SIGNED, LEFT, ZEROS, UPPER = 1, 2, 4, 8
"""Flags."""

_BUSY, _DISCARDED = 31, 30  # bits of a record's header: linux/bpf.h, BPF_RINGBUF_BUSY_BIT
_HEADER = 8
_TIME = 8  # of a record: compiler/schema.py, EventSchema
_DIGITS = 24


def build(emit: ModuleEmitter) -> None:
    """Write the one program of the module, `ply_bulk`."""
    emit.program("ply_bulk", ".text", 1, lambda: _Loop(emit).write())


@dataclass(frozen=True, slots=True)
class _Var:
    """A word that changes."""

    emit: ModuleEmitter
    place: Pointer

    def get(self) -> Scalar:
        return self.emit.load(self.place, 0)

    def set(self, value: Scalar) -> None:
        self.emit.store(self.place, 0, value)

    def add(self, value: Scalar) -> None:
        self.set(self.emit.arithmetic("add", self.get(), value))


def _nothing() -> None:
    pass


class _Loop:
    """Builds the code: each method leaves a part of it."""

    def __init__(self, emit: ModuleEmitter) -> None:
        self.emit, self.number = emit, emit.constant
        self.position, self.out, self.count, self.stopped, self.at, self.shown = (self._var() for _ in range(6))
        self.digits = emit.stack(_DIGITS)
        self.record = Pointer(None)
        self.step = Pointer(None)

    def _var(self) -> _Var:
        return _Var(self.emit, variable(self.emit))

    def _given(self, word: int) -> Scalar:
        return self.emit.load(self.emit.context(), 8 * word)

    def _is(self, comparison: Comparison, left: Scalar, right: Scalar | int) -> Scalar:
        other = right if isinstance(right, Scalar) else self.number(right)
        return self.emit.compare(comparison, left, other)

    def write(self) -> None:
        """Read what it is told, handle records, say what came of it."""
        emit = self.emit
        self.position.set(self._given(POSITION))
        self.out.set(self._given(OUT))
        self._until(self._one_record)
        for word, value in ((POSITION, self.position), (OUT, self.out), (COUNT, self.count), (STOPPED, self.stopped)):
            emit.store(emit.context(), 8 * word, value.get())

    def _until(self, body: Callable[[Callable[[], None]], None]) -> None:
        """`body` again and again; it is given what leaves the loop."""
        emit = self.emit
        emit.region(lambda end: emit.loop(lambda: body(lambda: emit.leave(end))))

    def _one_record(self, leave: Callable[[], None]) -> None:
        emit = self.emit
        position = self.position.get()
        emit.when(self._is("uge", position, self._given(END)), leave)
        where = emit.arithmetic("add", self._given(DATA), emit.arithmetic("and", position, self._given(MASK)))
        header = emit.load_now(emit.pointer(where), 0)
        emit.when(self._bit(header, _BUSY), leave)
        length = emit.arithmetic("and", header, self.number((1 << _DISCARDED) - 1))
        padded = emit.arithmetic("and", emit.arithmetic("add", length, self.number(_HEADER + 7)), self.number(-8))
        following = emit.arithmetic("add", position, padded)

        def handle() -> None:
            self.record = emit.pointer(emit.arithmetic("add", where, self.number(_HEADER)))
            emit.when(self._is("ult", following, self._given(END)), lambda: self._in_order(following, leave))
            self._event(leave)
            self.count.add(self.number(1))

        emit.when(self._bit(header, _DISCARDED), _nothing, handle)
        self.position.set(following)

    def _in_order(self, following: Scalar, leave: Callable[[], None]) -> None:
        """Stop where the next record is complete, and older: to put them in order is not simple."""
        emit = self.emit
        where = emit.arithmetic("add", self._given(DATA), emit.arithmetic("and", following, self._given(MASK)))
        header = emit.load_now(emit.pointer(where), 0)

        def compare() -> None:
            time = emit.load(emit.pointer(where), _HEADER + _TIME)
            older = self._is("ult", time, emit.load(self.record, _TIME))
            emit.when(older, lambda: self._stop(STRANGE, leave))

        busy_or_gone = emit.arithmetic("or", self._bit(header, _BUSY), self._bit(header, _DISCARDED))
        emit.when(busy_or_gone, _nothing, compare)

    def _bit(self, value: Scalar, bit: int) -> Scalar:
        return self.emit.arithmetic("and", value, self.number(1 << bit))

    def _stop(self, why: int, leave: Callable[[], None]) -> None:
        self.stopped.set(self.number(why))
        leave()

    def _event(self, leave: Callable[[], None]) -> None:
        emit = self.emit
        number = emit.load(self.record, 0)
        event = emit.move(emit.pointer(self._given(EVENTS)), emit.arithmetic("shl", number, self.number(4)))
        self.at.set(emit.load(event, 0))
        emit.when(self._is("eq", self.at.get(), 0), lambda: self._stop(STRANGE, leave))
        needed = emit.arithmetic("add", self.out.get(), emit.load(event, 8))
        emit.when(self._is("ugt", needed, self._given(OUT_END)), lambda: self._stop(FULL, leave))
        begun = self._var()
        begun.set(self.out.get())

        def strange() -> None:
            self.out.set(begun.get())
            self._stop(STRANGE, leave)

        self._until(lambda end: self._one_step(end, strange))

    def _one_step(self, end: Callable[[], None], strange: Callable[[], None]) -> None:
        emit = self.emit
        self.step = emit.pointer(self.at.get())
        kind = emit.load(self.step, 0)
        emit.when(self._is("eq", kind, LAST), end)
        self.at.add(self.number(8 * STEP_WORDS))
        emit.when(
            self._is("eq", kind, LITERAL),
            self._literal,
            lambda: emit.when(self._is("eq", kind, NUMBER), self._number, lambda: self._text(strange)),
        )

    def _word(self, index: int) -> Scalar:
        return self.emit.load(self.step, 8 * index)

    def _literal(self) -> None:
        """Eight bytes at a time: what is too much is written over, or lies in the slack behind the last record."""
        emit = self.emit
        source, length = self._word(1), self._word(2)
        done = self._var()

        def copy(leave: Callable[[], None]) -> None:
            at = done.get()
            emit.when(self._is("uge", at, length), leave)
            target = emit.pointer(emit.arithmetic("add", self.out.get(), at))
            emit.store(target, 0, emit.load(emit.pointer(emit.arithmetic("add", source, at)), 0))
            done.add(self.number(8))

        done.set(self.number(0))
        self._until(copy)
        self.out.add(length)

    def _put(self, character: Scalar) -> None:
        self.emit.store(self.emit.pointer(self.out.get()), 0, character, bits=8)
        self.out.add(self.number(1))

    def _pad(self, columns: Scalar, character: int) -> None:
        """So many of one character; none where the number is negative."""
        emit = self.emit
        left = self._var()
        left.set(columns)

        def one(leave: Callable[[], None]) -> None:
            emit.when(self._is("sle", left.get(), 0), leave)
            self._put(self.number(character))
            left.add(self.number(-1))

        self._until(one)

    def _flag(self, flag: int) -> Scalar:
        return self.emit.arithmetic("and", self._word(4), self.number(flag))

    def _number(self) -> None:
        """Digits from the lowest, backwards; then padding, sign or prefix, zeros, digits, padding."""
        emit = self.emit
        shift, base, width = self._word(2), self._word(3), self._word(5)
        cut = emit.arithmetic("shl", emit.load(emit.move(self.record, self._word(1)), 0), shift)
        signed = emit.compare("ne", self._flag(SIGNED), self.number(0))
        value, negative = self._var(), self._var()
        value.set(
            emit.choose(
                signed, lambda: emit.arithmetic("ashr", cut, shift), lambda: emit.arithmetic("lshr", cut, shift)
            )
        )
        negative.set(emit.arithmetic("and", signed, self._is("slt", value.get(), 0)))
        emit.when(negative.get(), lambda: value.set(emit.arithmetic("sub", self.number(0), value.get())))
        start = self._write_digits(value, base)
        digits = emit.arithmetic("sub", self.number(_DIGITS), start)
        sign = emit.choose(negative.get(), lambda: self.number(ord("-")), lambda: self._word(6))
        prefix = self._word(7)
        has_sign, has_prefix = self._is("ne", sign, 0), self._is("ne", prefix, 0)
        before = emit.arithmetic("add", has_sign, emit.arithmetic("shl", has_prefix, self.number(1)))
        missing = emit.arithmetic("sub", width, emit.arithmetic("add", before, digits))
        left, zeros = self._is("ne", self._flag(LEFT), 0), self._is("ne", self._flag(ZEROS), 0)
        plain = self._is("eq", emit.arithmetic("or", left, zeros), 0)
        emit.when(plain, lambda: self._pad(missing, ord(" ")))
        emit.when(has_sign, lambda: self._put(sign))

        def put_prefix() -> None:
            self._put(self.number(ord("0")))
            self._put(prefix)

        emit.when(has_prefix, put_prefix)
        emit.when(zeros, lambda: self._pad(missing, ord("0")))
        self._copy_digits(start)
        emit.when(left, lambda: self._pad(missing, ord(" ")))

    def _write_digits(self, value: _Var, base: Scalar) -> Scalar:
        """The digits of a number at the end of `digits`; where they start."""
        emit = self.emit
        start, upper = self._var(), self._flag(UPPER)
        start.set(self.number(_DIGITS))

        def loop(divisor: int) -> None:
            def one(leave: Callable[[], None]) -> None:
                rest = emit.arithmetic("udiv", value.get(), self.number(divisor))
                digit = emit.arithmetic("sub", value.get(), emit.arithmetic("mul", rest, self.number(divisor)))
                start.add(self.number(-1))
                emit.store(emit.move(self.digits, start.get()), 0, self._character(digit, divisor, upper), bits=8)
                value.set(rest)
                emit.when(self._is("eq", rest, 0), leave)

            self._until(one)

        emit.when(
            self._is("eq", base, 10),
            lambda: loop(10),
            lambda: emit.when(self._is("eq", base, 16), lambda: loop(16), lambda: loop(8)),
        )
        return start.get()

    def _character(self, digit: Scalar, base: int, upper: Scalar) -> Scalar:
        emit = self.emit
        plain = emit.arithmetic("add", digit, self.number(ord("0")))
        if base <= 10:
            return plain
        small = emit.choose(self._is("ne", upper, 0), lambda: self.number(ord("A")), lambda: self.number(ord("a")))
        letter = emit.arithmetic("add", emit.arithmetic("sub", digit, self.number(10)), small)
        return emit.choose(self._is("ult", digit, 10), lambda: plain, lambda: letter)

    def _copy_digits(self, start: Scalar) -> None:
        emit = self.emit
        self.shown.set(start)

        def one(leave: Callable[[], None]) -> None:
            at = self.shown.get()
            emit.when(self._is("uge", at, _DIGITS), leave)
            self._put(emit.load(emit.move(self.digits, at), 0, bits=8))
            self.shown.set(emit.arithmetic("add", at, self.number(1)))

        self._until(one)

    def _text(self, strange: Callable[[], None]) -> None:
        """The bytes up to the terminator, if they all can stand as they are."""
        emit = self.emit
        text = emit.move(self.record, self._word(1))
        size, longest, width = self._word(2), self._word(3), self._word(5)
        last = emit.load(emit.move(text, emit.arithmetic("sub", size, self.number(1))), 0, bits=8)
        emit.when(self._is("ne", last, 0), strange)  # it went on
        emit.when(self._is("eq", emit.load(text, 0, bits=16), 0xFF00), strange)  # it could not be read
        table, length = emit.pointer(self._given(PLAIN)), self._var()
        length.set(self.number(0))

        def look(leave: Callable[[], None]) -> None:
            at = length.get()
            character = emit.load(emit.move(text, at), 0, bits=8)
            emit.when(self._is("eq", character, 0), leave)
            emit.when(self._is("uge", at, longest), leave)
            plain = emit.load(emit.move(table, emit.arithmetic("shl", character, self.number(3))), 0)
            emit.when(self._is("eq", plain, 0), strange)
            emit.store(emit.move(emit.pointer(self.out.get()), at), 0, character, bits=8)
            length.set(emit.arithmetic("add", at, self.number(1)))

        left = self._is("ne", self._flag(LEFT), 0)
        self._until(look)
        missing = emit.arithmetic("sub", width, length.get())
        to_move = emit.arithmetic("and", self._is("sgt", missing, 0), self._is("eq", left, 0))
        emit.when(to_move, lambda: self._move_right(length.get(), missing))
        self.out.add(length.get())
        emit.when(left, lambda: self._pad(missing, ord(" ")))

    def _move_right(self, length: Scalar, distance: Scalar) -> None:
        """Text that was written where its padding goes: from its end, then the padding."""
        emit = self.emit
        self.shown.set(length)
        start = emit.pointer(self.out.get())

        def one(leave: Callable[[], None]) -> None:
            emit.when(self._is("eq", self.shown.get(), 0), leave)
            self.shown.add(self.number(-1))
            place = emit.move(start, self.shown.get())
            emit.store(emit.move(place, distance), 0, emit.load(place, 0, bits=8), bits=8)

        self._until(one)
        self._pad(distance, ord(" "))

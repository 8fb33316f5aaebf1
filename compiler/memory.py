"""Reading memory that a traced program or the kernel points to: safely, and never silently wrong.

A read that fails counts, and is seen. Of a string it leaves the mark of a fault (`00 ff`, which no string has: all is
zero after its end), and one that went on behind what was read has a one in the last byte of its slot. Raw memory may
begin with any bytes, so a word comes before it, which says how many were read:

    read_marked(lower, p, into, 6)   ->   06 00 00 00 00 00 00 00  52 54 00 12 34 56 00 00
"""

import struct
from collections.abc import Callable

from . import bpf
from .emitter import Pointer, Scalar
from .function import Lowering
from .looping import go_through
from .typed import TypedExpression
from .types import Int, storage

FAULT_MARK = 0xFF00
"""Bytes `00 ff`: an empty string that goes on, which no real one does."""
MARK = 8
"""Bytes of the word before raw memory."""

_UNROLLED = 256


def clear(lower: Lowering, into: Pointer, size: int) -> None:
    """Zeros, up to a multiple of eight bytes."""
    emit, zero = lower.emit, lower.emit.constant(0)
    size = (size + 7) // 8 * 8
    if size <= _UNROLLED:
        emit.fill(into, bytes(size))
    else:
        go_through(emit, size, 8, lambda at, _: emit.store(emit.move(into, at), 0, zero))


def read_text(lower: Lowering, address: TypedExpression, into: Pointer, size: int) -> None:
    """The string at an address. What a system call was given is user memory, whatever its value says."""
    emit = lower.emit
    where = lower.number(address)
    clear(lower, into, size)
    helpers = (bpf.PROBE_READ_USER_STR, bpf.PROBE_READ_KERNEL_STR)
    result = _read(lower, address, where, into, emit.constant(size), helpers)
    lower.faulted(result, into)

    def next_byte(into: Pointer) -> None:
        following = emit.arithmetic("add", where, emit.constant(size - 1))
        _read(lower, address, following, into, emit.constant(1), (bpf.PROBE_READ_USER, bpf.PROBE_READ_KERNEL))

    mark_cut(lower, result, into, size, next_byte)


def mark_cut(lower: Lowering, result: Scalar, into: Pointer, size: int, next_byte: Callable[[Pointer], None]) -> None:
    """Where a read filled all of `size` bytes, look whether the string went on, and leave a one if so.

    `next_byte` leaves the byte that the terminator has taken the place of.
    """
    emit, last = lower.emit, last_byte(size)

    def filled() -> None:
        place = emit.move(into, last)
        next_byte(place)
        emit.store(place, 0, emit.compare("ne", emit.load(place, 0, bits=8), emit.constant(0)), bits=8)

    emit.when(emit.compare("eq", result, emit.constant(size)), filled)


def last_byte(size: int) -> int:
    """Where the mark of a string that was cut is, in a slot for `size` bytes."""
    return (size + 7) // 8 * 8 - 1


def copy_text(lower: Lowering, source: Pointer, into: Pointer, size: int) -> Scalar:
    """A string from our own memory: up to its end, and `size - 1` bytes at most. `into` is all zero.

    The value is its length with the terminator, of which the verifier knows that it is not more than `size`.
    """
    emit = lower.emit
    return emit.helper(bpf.PROBE_READ_KERNEL_STR, into, emit.constant(size), emit.address(source))


def read(lower: Lowering, address: TypedExpression, into: Pointer, size: Scalar) -> Scalar:
    """Bytes at an address: zero if they could be read, else negative."""
    return _read(lower, address, lower.number(address), into, size, (bpf.PROBE_READ_USER, bpf.PROBE_READ_KERNEL))


def read_marked(lower: Lowering, address: TypedExpression, into: Pointer, size: Scalar) -> None:
    """Bytes at an address behind the word that says how many they are; `into` is all zero."""
    emit = lower.emit
    result = read(lower, address, emit.move(into, MARK), size)
    emit.store(into, 0, size)
    fault(lower, result, lambda: emit.store(into, 0, emit.constant(-1)))


def marked(raw: bytes) -> bytes | None:
    """What `read_marked` read; None where it could not."""
    (length,) = struct.unpack_from("=q", raw)
    return None if length < 0 else raw[MARK : MARK + length]


def fault(lower: Lowering, result: Scalar, mark: Callable[[], None], shown: str = "show as <fault>") -> None:
    """Where the result of a read is negative: count it, and leave a mark; what was not read is `shown` like this."""
    emit = lower.emit

    def failed() -> None:
        mark()
        problem = f"memory that {lower.where} reads is not there, or not yet in memory"
        lower.lose("memory not readable", problem, "values", f"they {shown}")

    emit.when(emit.compare("slt", result, emit.constant(0)), failed)


def _read(
    lower: Lowering, address: TypedExpression, where: Scalar, into: Pointer, size: Scalar, helpers: tuple[int, int]
) -> Scalar:
    """One of two helpers: for user memory, or for the kernel's."""
    emit = lower.emit
    kind = storage(address.type)
    space = kind.space if isinstance(kind, Int) else ""
    user, kernel = helpers
    if space:
        return emit.helper(user if space == "user" else kernel, into, size, where)
    return emit.choose(
        emit.compare("slt", where, emit.constant(0)),  # the kernel's half of the address space has the top bit set
        lambda: emit.helper(kernel, into, size, where),
        lambda: emit.helper(user, into, size, where),
    )

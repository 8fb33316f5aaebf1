"""What kernel halves of aggregations share: exact updates of a slot's words.

    words.add(lower, place, (low, high), shared)

`shared` says that another program may interrupt between any two instructions. What has to be lost then is counted.
"""

from collections.abc import Callable, Sequence

from .aggregation import Each
from .emitter import Comparison, Emitter, Pointer, Scalar
from .function import Lowering
from .looping import variable
from .types import Int

TRIES = 4
MOST_WORDS = 1024
"""The largest slot that literals may ask for: 8 KiB for each key and CPU."""
_END, _MIDDLE = 1 << 64, 1 << 63


def word(emit: Emitter, slot: Pointer, index: int | Scalar) -> Pointer:
    """A word of a slot."""
    offset = emit.arithmetic("shl", index, emit.constant(3)) if isinstance(index, Scalar) else 8 * index
    return emit.move(slot, offset)


def masked(emit: Emitter, index: Scalar, words: int) -> Scalar:
    """An index within `words`, a power of two."""
    return emit.arithmetic("and", index, emit.constant(words - 1))


def power_of_two(number: int) -> int:
    """The smallest power of two that is not below a number."""
    return 1 << (number - 1).bit_length()


def count(lower: Lowering, place: Pointer, shared: bool) -> None:
    """One more in a word."""
    lower.emit.add_in_place(place, lower.emit.constant(1), shared)


def count_bucket(lower: Lowering, slot: Pointer, index: Scalar, words: int, shared: bool) -> None:
    """One more in a word of `words`, a power of two.

    The verifier knows the index by its mask, which LLVM takes away where it finds that it changes nothing; so the
    index goes through memory that LLVM may not reason about.
    """
    emit, memory = lower.emit, lower.memory(8)
    emit.store(memory, 0, index)
    count(lower, word(emit, slot, masked(emit, emit.load_now(memory, 0), words)), shared)


def add(lower: Lowering, place: Pointer, parts: Sequence[Scalar], shared: bool) -> None:
    """Add a number of several words, the lowest first, to one in memory.

    Each word is one addition, and a carry goes on exactly once, so the sum is right whatever happens in between.
    No part but the last may be 2**64 - 1, except the first: a carry is added to it.
    """
    emit = lower.emit
    carry: Scalar | None = None
    for index, part in enumerate(parts):
        value = part if carry is None else emit.arithmetic("add", part, carry)
        after = _add_word(emit, word(emit, place, index), value, shared)
        carry = emit.compare("ult", after, value)


def _add_word(emit: Emitter, place: Pointer, value: Scalar, shared: bool) -> Scalar:
    """Add to a word; gives what this addition made of it."""
    before = emit.fetch("add", place, value) if shared else emit.load(place, 0)
    after = emit.arithmetic("add", before, value)
    if not shared:
        emit.store(place, 0, after)
    return after


def wide(emit: Emitter, value: Scalar, kind: Int) -> tuple[Scalar, Scalar]:
    """A number in 128 bits: 2**63 of the largest ones fit into their sum."""
    return value, emit.arithmetic("ashr", value, emit.constant(63)) if kind.signed else emit.constant(0)


def square(emit: Emitter, value: Scalar, kind: Int) -> tuple[Scalar, Scalar, Scalar]:
    """The square of a number in 192 bits, the highest 64 of them zero; the middle ones are below 2**64 - 1."""
    half, low_bits = emit.constant(32), emit.constant((1 << 32) - 1)
    size = magnitude(emit, value) if kind.signed else value
    low, high = emit.arithmetic("and", size, low_bits), emit.arithmetic("lshr", size, half)
    # (high * 2**32 + low)**2 = high**2 * 2**64 + 2 * cross * 2**32 + low**2
    cross = emit.arithmetic("mul", low, high)
    first = emit.arithmetic("mul", low, low)
    shifted = emit.arithmetic("shl", cross, emit.constant(33))
    bottom = emit.arithmetic("add", first, shifted)
    carry = emit.compare("ult", bottom, shifted)
    top = emit.arithmetic("add", emit.arithmetic("mul", high, high), emit.arithmetic("lshr", cross, emit.constant(31)))
    return bottom, emit.arithmetic("add", top, carry), emit.constant(0)


def magnitude(emit: Emitter, value: Scalar) -> Scalar:
    """A signed number without its sign; 2**63 for the lowest."""
    sign = emit.arithmetic("ashr", value, emit.constant(63))
    return emit.arithmetic("sub", emit.arithmetic("xor", value, sign), sign)


def bits(emit: Emitter, value: Scalar) -> Scalar:
    """How many bits an unsigned number has, by halving: 4096 -> 13, 0 -> 0. Six steps, no loop for the verifier."""
    found = emit.constant(0)
    for step in (32, 16, 8, 4, 2, 1):
        large = emit.compare("uge", value, emit.constant(1 << step))
        shift = emit.arithmetic("mul", large, emit.constant(step))
        value = emit.arithmetic("lshr", value, shift)
        found = emit.arithmetic("add", found, shift)
    return emit.arithmetic("add", found, value)  # what is left is the top bit itself, or zero for zero


def mirrored(emit: Emitter, value: Scalar, distance: Scalar, zero: int) -> Scalar:
    """The index that is `distance` from `zero`, on the side of the value's sign."""
    sign = emit.arithmetic("ashr", value, emit.constant(63))
    signed = emit.arithmetic("sub", emit.arithmetic("xor", distance, sign), sign)
    return emit.arithmetic("add", signed, emit.constant(zero))


def below(emit: Emitter, value: Scalar, bound: int, kind: Int) -> Scalar:
    """Whether a number is below a constant, which need not be one of its type."""
    lowest, end = (-_MIDDLE, _MIDDLE) if kind.signed else (0, _END)
    if not lowest < bound < end:
        return emit.constant(bound >= end)
    order: Comparison = "slt" if kind.signed else "ult"
    return emit.compare(order, value, emit.constant(bound))


def replace(lower: Lowering, place: Pointer, shared: bool, change: Callable[[Scalar], Scalar]) -> None:
    """Put `change(word)` in the place of a word, if that is something else."""
    emit = lower.emit

    def attempt(old: Scalar, left: int) -> None:
        new = change(old)
        emit.when(emit.compare("ne", new, old), lambda: put(old, new, left))

    def put(old: Scalar, new: Scalar, left: int) -> None:
        if not shared:
            emit.store(place, 0, new)
            return
        seen = emit.exchange_if(place, old, new)
        emit.when(emit.compare("ne", seen, old), lambda: attempt(seen, left - 1) if left else _lose(lower))

    attempt(emit.load(place, 0), TRIES - 1)


def _lose(lower: Lowering) -> None:
    problem = f"other programs changed {lower.where} {TRIES} times during one update"
    lower.lose("interrupted", problem, "updates", "give each probe a map of its own")


def keep_largest(lower: Lowering, place: Pointer, value: Scalar, shared: bool) -> None:
    """Unsigned; a word that is zero at first has seen nothing yet, or zeros."""
    emit = lower.emit

    def larger(old: Scalar) -> Scalar:
        return emit.choose(emit.compare("ugt", value, old), lambda: value, lambda: old)

    replace(lower, place, shared, larger)


def height(emit: Emitter, value: Scalar, kind: Int) -> Scalar:
    """A number that orders as the value does, unsigned: the lowest value is 0. Its complement orders the other way."""
    return emit.arithmetic("xor", value, emit.constant(_MIDDLE)) if kind.signed else value


def total(lower: Lowering, each: Each, index: int) -> Scalar:
    """The sum of a word over all CPUs."""
    emit, found = lower.emit, variable(lower.emit)

    def add_one(slot: Pointer) -> None:
        emit.store(found, 0, emit.arithmetic("add", emit.load(found, 0), emit.load(slot, 8 * index)))

    each(add_one)
    return emit.load(found, 0)


def largest(lower: Lowering, each: Each, index: int) -> Scalar:
    """The largest of a word over all CPUs, unsigned."""
    emit, found = lower.emit, variable(lower.emit)

    def keep(slot: Pointer) -> None:
        value = emit.load(slot, 8 * index)
        emit.when(emit.compare("ugt", value, emit.load(found, 0)), lambda: emit.store(found, 0, value))

    each(keep)
    return emit.load(found, 0)


def extreme(lower: Lowering, each: Each, kind: Int, lowest: bool) -> Scalar:
    """The value that `height` of it, or its complement (`lowest`), is kept for in word 1; 0 where word 0 is."""
    emit = lower.emit
    seen, found = largest(lower, each, 0), largest(lower, each, 1)
    value = height(emit, complement(emit, found) if lowest else found, kind)
    return emit.choose(seen, lambda: value, lambda: seen)


def complement(emit: Emitter, value: Scalar) -> Scalar:
    """All bits the other way."""
    return emit.arithmetic("xor", value, emit.constant(-1))

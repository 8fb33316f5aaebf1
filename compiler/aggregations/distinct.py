"""distinct(X): how many different values there were; exact while they are few, then within 2.3 % (standard error).

    kprobe:SyS_read { @["files read"].distinct(arg(0)) }

A slot starts with a set of 128 words, open addressing, 16 places to look at: up to 16 values of a CPU always fit, and
40 in all but one of 10,000 cases. Beside it are 2048 registers of a byte: HyperLogLog (Flajolet et al. 2007), whose
standard error is 1.04 / sqrt(2048), read by Ertl's improved estimator (2017, arXiv:1702.01284), which needs no other
method for small numbers. Once a set is full, the last word says so, and the registers answer: `~10234`.
"""

from collections.abc import Sequence
from math import inf, log, sqrt

from .. import words
from ..aggregation import Aggregation
from ..emitter import Emitter, Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Estimate, Value

SET, PROBES = 128, 16
INDEX_BITS = 11
REGISTERS = 1 << INDEX_BITS
FULL = SET + REGISTERS // 8
WORDS = FULL + 1
ERROR = 1.04 / sqrt(REGISTERS)
_HASH_BITS = 64 - INDEX_BITS


def _mixed(emit: Emitter, value: Scalar) -> Scalar:
    """Different numbers for different values, all bits evenly used: the mixer of SplitMix64 (Steele et al. 2014)."""
    value = emit.arithmetic("add", value, emit.constant(0x9E3779B97F4A7C15))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = emit.arithmetic("xor", value, emit.arithmetic("lshr", value, emit.constant(shift)))
        value = emit.arithmetic("mul", value, emit.constant(factor))
    return emit.arithmetic("xor", value, emit.arithmetic("lshr", value, emit.constant(31)))


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    mixed = _mixed(emit, value)
    _register(lower, words.word(emit, slot, SET), mixed, shared)
    full = emit.load(words.word(emit, slot, FULL), 0)
    emit.when(emit.compare("eq", full, emit.constant(0)), lambda: _insert(lower, slot, mixed, shared))


def _register(lower: Lowering, registers: Pointer, mixed: Scalar, shared: bool) -> None:
    """The low bits choose a register; it keeps the largest rank, which is where the first one is in the other bits."""
    emit = lower.emit
    number = words.masked(emit, mixed, REGISTERS)
    rest = emit.arithmetic("lshr", mixed, emit.constant(INDEX_BITS))
    rank = emit.arithmetic("sub", emit.constant(_HASH_BITS + 1), words.bits(emit, rest))
    place = words.word(emit, registers, emit.arithmetic("lshr", number, emit.constant(3)))
    shift = emit.arithmetic("shl", emit.arithmetic("and", number, emit.constant(7)), emit.constant(3))

    def raised(old: Scalar) -> Scalar:
        kept = emit.arithmetic("and", emit.arithmetic("lshr", old, shift), emit.constant(0xFF))
        more = emit.arithmetic("shl", emit.arithmetic("sub", rank, kept), shift)
        higher = emit.compare("ugt", rank, kept)
        return emit.choose(higher, lambda: emit.arithmetic("add", old, more), lambda: old)

    words.replace(lower, place, shared, raised)


def _insert(lower: Lowering, slot: Pointer, mixed: Scalar, shared: bool) -> None:
    """Into the set; the one value that is mixed to zero counts as too many."""
    emit = lower.emit
    zero = emit.constant(0)

    def give_up() -> None:
        emit.store(words.word(emit, slot, FULL), 0, emit.constant(1))

    def attempt(distance: int) -> None:
        index = emit.arithmetic("add", emit.arithmetic("lshr", mixed, emit.constant(32)), emit.constant(distance))
        place = words.word(emit, slot, words.masked(emit, index, SET))
        there = emit.load(place, 0)
        if shared:
            empty = emit.compare("eq", there, zero)
            there = emit.choose(empty, lambda: emit.exchange_if(place, zero, mixed), lambda: there)
        taken = emit.arithmetic("and", emit.compare("ne", there, zero), emit.compare("ne", there, mixed))
        further = (lambda: attempt(distance + 1)) if distance + 1 < PROBES else give_up
        emit.when(taken, further, None if shared else lambda: emit.store(place, 0, mixed))

    emit.when(mixed, lambda: attempt(0), give_up)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The size of the sets' union while none is full, else the estimate from the largest of each register."""
    filled = [slot for slot in slots if slot.tobytes() != bytes(slot.nbytes)]
    if not any(slot[FULL] for slot in filled):
        return len({value for slot in filled for value in slot[:SET] if value}) or None
    columns = zip(*(slot[SET:FULL].tobytes() for slot in filled), strict=True)
    ranks = [0] * (_HASH_BITS + 2)
    for column in columns:
        ranks[max(column)] += 1
    return Estimate(round(_estimate(ranks)), ERROR)


def _estimate(ranks: Sequence[int]) -> float:
    """How many values make so many registers of each rank: Ertl's algorithm 6."""
    z = REGISTERS * _tau(1 - ranks[-1] / REGISTERS)
    for number in reversed(ranks[1:-1]):
        z = (z + number) / 2
    z += REGISTERS * _sigma(ranks[0] / REGISTERS)
    return REGISTERS**2 / (2 * log(2) * z)


def _sigma(x: float) -> float:
    """x + x**2 + 2 * x**4 + 4 * x**8 + ..."""
    if x == 1:
        return inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x *= x
        z, before, y = z + x * y, z, y + y
    return z


def _tau(x: float) -> float:
    """(1 - x - (1 - x**(1/2))**2 / 2 - (1 - x**(1/4))**2 / 4 - ...) / 3"""
    if x in (0, 1):
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x, y = sqrt(x), y / 2
        z, before = z - (1 - x) ** 2 * y, z
    return z / 3


AGGREGATION = Aggregation("distinct", lambda kind, parameters: WORDS, _update, keeps_unit=False)

"""quantize(X): a histogram in powers of two.

    kretprobe:SyS_read { @.quantize(retval) }

A slot has 128 words. Unsigned: word b counts the values of b bits, word 0 the zeros. Signed: zeros are in word 64,
values of b bits in word 64 + b, and their negatives in word 64 - b.
"""

from collections.abc import Sequence

from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Bucket, Histogram, Value

WORDS = 128
ZERO = 64


def _bits(lower: Lowering, value: Scalar) -> Scalar:
    """How many bits a positive number has, by halving: 4096 -> 13. Five steps, and no loop for the verifier."""
    emit = lower.emit
    bits = emit.constant(0)
    for step in (32, 16, 8, 4, 2, 1):
        large = emit.compare("uge", value, emit.constant(1 << step))
        shift = emit.arithmetic("mul", large, emit.constant(step))
        value = emit.arithmetic("lshr", value, shift)
        bits = emit.arithmetic("add", bits, shift)
    return emit.arithmetic("add", bits, value)  # what is left is the top bit itself, or zero for zero


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    index = _bits(lower, value)
    if kind.signed:
        negative = emit.compare("slt", value, emit.constant(0))
        mask = emit.arithmetic("sub", emit.constant(0), negative)
        magnitude = emit.arithmetic("sub", emit.arithmetic("xor", value, mask), mask)
        distance = _bits(lower, magnitude)
        index = emit.arithmetic("sub", emit.arithmetic("xor", distance, mask), mask)
        index = emit.arithmetic("add", index, emit.constant(ZERO))
    # The verifier knows the index only by this mask, and the slot is as large as the mask allows.
    offset = emit.arithmetic("shl", emit.arithmetic("and", index, emit.constant(WORDS - 1)), emit.constant(3))
    emit.add_in_place(emit.move(slot, offset), emit.constant(1), shared)


def _bounds(bits: int) -> tuple[int, int]:
    """The lowest and highest value that are counted together, by their number of bits, negated for negative ones."""
    if bits == 0:
        return 0, 0
    low, high = 1 << (abs(bits) - 1), (1 << abs(bits)) - 1
    return (low, high) if bits > 0 else (-high, -low)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value:
    """The buckets from the lowest to the highest that is not empty, summed over the CPUs."""
    counts = [sum(slot[word] for slot in slots) for word in range(WORDS)]
    filled = [word for word, count in enumerate(counts) if count]
    if not filled:
        return Histogram((), kind.unit)
    zero = ZERO if kind.signed else 0
    span = range(filled[0], filled[-1] + 1)
    return Histogram(tuple(Bucket(*_bounds(word - zero), counts[word]) for word in span), kind.unit)


AGGREGATION = Aggregation("quantize", lambda kind, parameters: WORDS, _update)

"""stats(X): count, sum, min, max, avg and stddev of all values at once.

    kretprobe:SyS_read / retval > 0 / { @[comm].stats(retval) }

A slot is what the slots of those are: the count, the sum in two words, the sum of squares in three (nothing
overflows), the complement of the smallest, and the largest.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Stats, Value

SUM, SQUARES, LOWEST, HIGHEST, WORDS = 1, 3, 6, 7, 8


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    height = words.height(emit, value, kind)
    words.keep_largest(lower, words.word(emit, slot, LOWEST), words.complement(emit, height), shared)
    words.keep_largest(lower, words.word(emit, slot, HIGHEST), height, shared)
    words.add(lower, words.word(emit, slot, SUM), words.wide(emit, value, kind), shared)
    words.add(lower, words.word(emit, slot, SQUARES), words.square(emit, value, kind), shared)
    words.count(lower, slot, shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """All CPUs together."""
    count = sum(slot[0] for slot in slots)
    if not count:
        return None
    total = merging.total(slots, SUM, 2, kind.signed)
    squares = merging.total(slots, SQUARES, 3, signed=False)
    low, high = merging.lowest(slots, LOWEST, kind), merging.highest(slots, HIGHEST, kind)
    return Stats(count, total, squares, low, high, kind.unit)


AGGREGATION = Aggregation("stats", lambda kind, parameters: WORDS, _update)

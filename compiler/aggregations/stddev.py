"""stddev(X): the standard deviation of all values: how far they are from their mean, as the root of the mean square.

    kretprobe:SyS_read / retval > 0 / { @[comm].stddev(retval) }

It is that of the values there were (divided by N), not an estimate for others. A slot is their number, their total in
two words, and the total of their squares in three: 192 bits, so nothing overflows, and the result is exact to the
last root and division.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value, deviation


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    words.count(lower, slot, shared)
    words.add(lower, words.word(emit, slot, 1), words.wide(emit, value, kind), shared)
    words.add(lower, words.word(emit, slot, 3), words.square(emit, value, kind), shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """From the sums over the CPUs."""
    count = sum(slot[0] for slot in slots)
    if not count:
        return None
    return deviation(count, merging.total(slots, 1, 2, kind.signed), merging.total(slots, 3, 3, signed=False))


AGGREGATION = Aggregation("stddev", lambda kind, parameters: 6, _update)

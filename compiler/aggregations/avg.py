"""avg(X): the mean of all values, with decimals.

    kretprobe:SyS_read / retval > 0 / { @[comm].avg(retval) }

A slot is how many values there were, and their total in two words: 128 bits, which 2**63 of the largest values fit.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation, Each
from ..division import divide
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    words.count(lower, slot, shared)
    words.add(lower, words.word(lower.emit, slot, 1), words.wide(lower.emit, value, kind), shared)


def _read(lower: Lowering, each: Each, kind: Int) -> Scalar:
    """Rounded towards zero, as division is; 0 where there is no value."""
    emit = lower.emit
    count, total = words.total(lower, each, 0), words.total(lower, each, 1)
    return emit.choose(count, lambda: divide(lower, "/", total, count, kind.signed, safe=True), lambda: count)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The total over the CPUs by their count: exact until this last division."""
    count = sum(slot[0] for slot in slots)
    return merging.total(slots, 1, 2, kind.signed) / count if count else None


AGGREGATION = Aggregation("avg", lambda kind, parameters: 3, _update, read=_read)

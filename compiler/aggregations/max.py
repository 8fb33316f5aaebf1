"""max(X): the largest value.

    kretprobe:SyS_read { @[comm].max(retval) }

A slot is whether there was a value, and the largest of them, counted from the lowest that its type can hold: so memory
that is zero at first is right.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    words.keep_largest(lower, words.word(emit, slot, 1), words.height(emit, value, kind), shared)
    emit.store(slot, 0, emit.constant(1))


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The largest of all CPUs."""
    return merging.highest(slots, 1, kind) if any(slot[0] for slot in slots) else None


AGGREGATION = Aggregation(
    "max",
    lambda kind, parameters: 2,
    _update,
    read=lambda lower, each, kind: words.extreme(lower, each, kind, lowest=False),
)

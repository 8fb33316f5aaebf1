"""max(X): the largest value.

    kretprobe:SyS_read { @[comm].max(retval) }

A slot is whether there was a value, and the largest of them, counted from the lowest that its type can hold: so memory
that is zero at first is right.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation, Each
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    words.keep_largest(lower, words.word(emit, slot, 1), words.height(emit, value, kind), shared)
    emit.store(slot, 0, emit.constant(1))


def _read(lower: Lowering, each: Each, kind: Int) -> Scalar:
    """0 where there is no value."""
    emit = lower.emit
    seen = words.largest(lower, each, 0)
    found = words.height(emit, words.largest(lower, each, 1), kind)
    return emit.choose(seen, lambda: found, lambda: seen)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The largest of all CPUs."""
    return merging.highest(slots, 1, kind) if any(slot[0] for slot in slots) else None


AGGREGATION = Aggregation("max", lambda kind, parameters: 2, _update, read=_read)

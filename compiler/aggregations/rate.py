"""rate(): events per second, from the first event to the moment of reading.

    kprobe:SyS_read { @[comm].rate() }

The first event of a key starts its clock, and those that follow it are counted: so the rate is right for a process
that started late, and after `clear(@)`; one event alone is a rate of 0. A slot is the number of events, and the time
of the first one, which is asked for once.
"""

from collections.abc import Sequence

from .. import bpf, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Rate, Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    first = emit.compare("eq", emit.load(slot, 0), emit.constant(0))
    emit.when(first, lambda: emit.store(slot, 8, emit.helper(bpf.KTIME_GET_NS)))
    words.count(lower, slot, shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """All events, and the first of any CPU; until when they were counted is for the reader to say."""
    count = sum(slot[0] for slot in slots)
    starts = [slot[1] for slot in slots if slot[0]]
    return Rate(count, min(starts), max(starts)) if count else None


AGGREGATION = Aggregation("rate", lambda kind, parameters: 2, _update, takes_value=False, keeps_unit=False)

"""count(): how many events.

kprobe:SyS_read { @[comm].count() }        kprobe:SyS_read { @[comm] = count() }
"""

from collections.abc import Sequence

from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    lower.emit.add_in_place(slot, lower.emit.constant(1), shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value:
    """The sum over the CPUs."""
    return sum(slot[0] for slot in slots)


AGGREGATION = Aggregation("count", lambda kind, parameters: 1, _update, takes_value=False)

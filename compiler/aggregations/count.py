"""count(): how many events.

kprobe:SyS_read { @[comm].count() }        kprobe:SyS_read { @[comm] = count() }
"""

from collections.abc import Sequence

from .. import words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    words.count(lower, slot, shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The sum over the CPUs."""
    return sum(slot[0] for slot in slots) or None


AGGREGATION = Aggregation(
    "count",
    lambda kind, parameters: 1,
    _update,
    takes_value=False,
    keeps_unit=False,
    adds=True,
    read=lambda lower, each, kind: words.total(lower, each, 0),
    measure="events",
)

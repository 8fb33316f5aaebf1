"""sum(X): the total of all values.

    kretprobe:SyS_read / retval > 0 / { @[comm].sum(retval) }

A slot is the total, and how many values there were: a sum of zero is not no sum.
"""

from collections.abc import Sequence

from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    lower.emit.add_in_place(slot, value, shared)
    lower.emit.add_in_place(lower.emit.move(slot, 8), lower.emit.constant(1), shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value:
    """The sum over the CPUs; for signed values in two's complement."""
    total = sum(slot[0] for slot in slots) & (1 << 64) - 1
    return total - (1 << 64) if kind.signed and total >> 63 else total


AGGREGATION = Aggregation("sum", lambda kind, parameters: 2, _update)

"""sum(X): the total of all values, exact: it has 128 bits.

    kretprobe:SyS_read / retval > 0 / { @[comm].sum(retval) }

A slot is how many values there were (a sum of zero is not no sum), and their total in two words.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Value


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    words.count(lower, slot, shared)
    words.add(lower, words.word(lower.emit, slot, 1), words.wide(lower.emit, value, kind), shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The sum over the CPUs."""
    return merging.total(slots, 1, 2, kind.signed) if any(slot[0] for slot in slots) else None


AGGREGATION = Aggregation(
    "sum",
    lambda kind, parameters: 3,
    _update,
    read=lambda lower, each, kind: words.total(lower, each, 1),
    measure="total",
)

"""quantize(X): a histogram in powers of two; also `hist`.

    kretprobe:SyS_read { @.quantize(retval) }

A slot has 128 words. Unsigned: word b counts the values of b bits, word 0 the zeros. Signed: zeros are in word 64,
values of b bits in word 64 + b, and their negatives in word 64 - b.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Lowering
from ..types import Int
from ..values import Bucket, Histogram, Value

WORDS = 128
ZERO = 64
_LOWEST = -(1 << 63)


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    if kind.signed:
        index = words.mirrored(emit, value, words.bits(emit, words.magnitude(emit, value)), ZERO)
    else:
        index = words.bits(emit, value)
    words.count_bucket(lower, slot, index, WORDS, shared)


def _bucket(bits: int, count: int) -> Bucket:
    """The values that are counted together, by their number of bits, negated for negative ones."""
    low, high = 1 << abs(bits) >> 1, (1 << abs(bits)) - 1
    return Bucket(low, high, count) if bits >= 0 else Bucket(max(-high, _LOWEST), -low, count)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The buckets from the lowest to the highest that is not empty, summed over the CPUs."""
    zero = ZERO if kind.signed else 0
    found = [_bucket(index - zero, count) for index, count in merging.trimmed(slots)]
    return Histogram(tuple(found), kind.unit) if found else None


AGGREGATION = Aggregation(
    "quantize", lambda kind, parameters: WORDS, _update, aliases=("hist",), measure="distribution"
)

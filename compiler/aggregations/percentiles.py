"""percentiles(X [, P...]): values that so many percent are not above, the 50th, 90th and 99th where none are given.

    kretprobe:SyS_read { @[comm].percentiles(retval) }        kretprobe:SyS_read { @.percentiles(retval, 50, 999) }

A percentile prints as the interval that it is in, never wider than 1/16 of its lower bound: p99 4096..4351. Tenths
have no dot: 999 is 99.9, 9995 is 99.95. A slot is a histogram: values below 16 have a word each, and larger ones one of
16 equal steps between two powers of two, so 976 words of 1024 are used. Signed: 2048 words, zero in the middle.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Emitter, Pointer, Scalar
from ..function import Complaint, Lowering
from ..types import Int
from ..values import Bucket, Histogram, Percentiles, Value

BITS = 4
STEPS = 1 << BITS
WORDS = 1024
_DEFAULT = (50, 90, 99)
_MOST = 8
_LOWEST = -(1 << 63)


def _settle(parameters: tuple[int, ...]) -> tuple[int, ...]:
    for index, number in enumerate(parameters, 1):
        if number < 0 or (number > 100 and not str(number).startswith("9")):
            message = f"there is no percentile {number}"
            raise Complaint("no-such-percentile", message, "they go from 0 to 100, and 999 is 99.9", index=index)
    return parameters or _DEFAULT


def _percent(number: int) -> float:
    """999 -> 99.9"""
    return number if number <= 100 else float(f"{str(number)[:2]}.{str(number)[2:]}")


def _words(kind: Int, parameters: Sequence[int]) -> int:
    return 2 * WORDS if kind.signed else WORDS


def _distance(emit: Emitter, size: Scalar) -> Scalar:
    """The index of an unsigned number."""

    def large() -> Scalar:
        power = emit.arithmetic("sub", words.bits(emit, size), emit.constant(BITS + 1))
        step = emit.arithmetic("and", emit.arithmetic("lshr", size, power), emit.constant(STEPS - 1))
        start = emit.arithmetic("shl", emit.arithmetic("add", power, emit.constant(1)), emit.constant(BITS))
        return emit.arithmetic("add", start, step)

    return emit.choose(emit.compare("ult", size, emit.constant(STEPS)), lambda: size, large)


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    if kind.signed:
        index = words.mirrored(emit, value, _distance(emit, words.magnitude(emit, value)), WORDS)
    else:
        index = _distance(emit, value)
    words.count_bucket(lower, slot, index, _words(kind, parameters), shared)


def _bucket(index: int, count: int) -> Bucket:
    """The values with this index, negated for negative ones."""
    power, step = divmod(abs(index), STEPS)
    low = step if power == 0 else STEPS + step << power - 1
    high = low if power == 0 else low + (1 << power - 1) - 1
    return Bucket(low, high, count) if index >= 0 else Bucket(max(-high, _LOWEST), -low, count)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The histogram over the CPUs, from the lowest to the highest bucket that is not empty."""
    zero = WORDS if kind.signed else 0
    found = [_bucket(index - zero, count) for index, count in merging.trimmed(slots)]
    if not found:
        return None
    return Percentiles(Histogram(tuple(found), kind.unit), tuple(_percent(number) for number in parameters))


AGGREGATION = Aggregation(
    "percentiles",
    _words,
    _update,
    optional=tuple(f"P{number}" for number in range(1, _MOST + 1)),
    settle=_settle,
    measure="distribution",
)

"""lquantize(X, MIN, MAX [, STEP]): a histogram of equal steps, of 1 where none is given; also `lhist`.

    kretprobe:SyS_read { @.lquantize(retval, -10, 4096, 128) }

MIN is in the first step, MAX is beyond the last one, which is shorter where MAX - MIN is not a multiple of STEP.
Values below MIN, and from MAX on, have a bucket each, with an open end. A slot's word 0 counts those below MIN, then
comes a word a step, and last the one for those from MAX on.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Complaint, Lowering
from ..types import Int
from ..values import Bucket, Histogram, Value


def _settle(parameters: tuple[int, ...]) -> tuple[int, ...]:
    low, high, step = parameters if len(parameters) == 3 else (*parameters, 1)
    if low >= high:
        raise Complaint("no-buckets", f"no values are from {low} to below {high}", "MIN comes first, then MAX", index=2)
    if step < 1:
        raise Complaint("no-buckets", f"a step of {step} leads nowhere", "a step is at least 1", index=3)
    most = words.MOST_WORDS - 2
    if _steps(low, high, step) > most:
        message = f"these are {_steps(low, high, step)} buckets, and {most} is the most"
        help = f"a step of {-((low - high) // most)} would do"
        raise Complaint("too-many-buckets", message, help, index=len(parameters))
    return low, high, step


def _steps(low: int, high: int, step: int) -> int:
    return -((low - high) // step)


def _words(kind: Int, parameters: Sequence[int]) -> int:
    low, high, step = parameters
    return words.power_of_two(_steps(low, high, step) + 2)


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    low, high, step = parameters

    def within() -> Scalar:
        distance = emit.arithmetic("sub", value, emit.constant(low))
        steps = emit.arithmetic("udiv", distance, emit.constant(step))
        return emit.arithmetic("add", steps, emit.constant(1))

    def from_low() -> Scalar:
        beyond = emit.constant(_steps(low, high, step) + 1)
        return emit.choose(words.below(emit, value, high, kind), within, lambda: beyond)

    index = emit.choose(words.below(emit, value, low, kind), lambda: emit.constant(0), from_low)
    words.count_bucket(lower, slot, index, _words(kind, parameters), shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The buckets from the lowest to the highest that is not empty, summed over the CPUs."""
    low, high, step = parameters
    last = _steps(low, high, step) + 1
    found: list[Bucket] = []
    for index, count in merging.trimmed(slots):
        start = low + (index - 1) * step
        first = None if index == 0 else start if index < last else high
        end = low - 1 if index == 0 else min(start + step, high) - 1 if index < last else None
        found.append(Bucket(first, end, count))
    return Histogram(tuple(found), kind.unit) if found else None


AGGREGATION = Aggregation(
    "lquantize",
    _words,
    _update,
    parameters=("MIN", "MAX"),
    aliases=("lhist",),
    optional=("STEP",),
    settle=_settle,
    measure="distribution",
)

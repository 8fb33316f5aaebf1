"""llquantize(X, FACTOR, LOW, HIGH, STEPS): a histogram whose steps are equal within each power of a factor.

    kretprobe:SyS_read { @.llquantize(retval, 10, 0, 5, 10) }

From FACTOR ** LOW to below FACTOR ** (HIGH + 1), each power has as many steps as fit if STEPS of them reach from zero
to the next power, as in DTrace: 10, 0, 5, 10 makes 1, 2, ..., 9, 10, 20, ..., 90, 100, 200, ... Values outside have a
bucket at each end. Word n of a slot counts the values that n of the buckets' lower bounds are not above; the kernel
half finds n by halving in a table of the bounds.
"""

from collections.abc import Sequence

from .. import merging, words
from ..aggregation import Aggregation
from ..emitter import Pointer, Scalar
from ..function import Complaint, Lowering
from ..types import Int
from ..values import Bucket, Histogram, Value

_END = 1 << 63


def _settle(parameters: tuple[int, ...]) -> tuple[int, ...]:
    factor, low, high, steps = parameters
    if factor < 2:
        raise Complaint("no-buckets", f"the powers of {factor} do not grow", "a factor is at least 2", index=1)
    if not 0 <= low <= high:
        message = f"there are no powers from {low} to {high}"
        raise Complaint("no-buckets", message, "LOW is not negative, and HIGH not below it", index=3)
    if high >= 62 or factor ** (high + 1) >= _END:
        message = f"the buckets end at {factor} to the power of {high + 1}, which does not fit 63 bits"
        raise Complaint("too-many-buckets", message, "use a lower HIGH", index=3)
    if not _even(factor, steps):
        message = f"{steps} steps do not divide the powers of {factor} evenly"
        help = f"use {factor} or {factor * factor}: FACTOR divides STEPS, and STEPS divides some power of FACTOR"
        raise Complaint("uneven-steps", message, help, index=4)
    most, number = words.MOST_WORDS - 1, sum(map(len, _powers(parameters))) + 2
    if number > most:
        message = f"these are {number} buckets, and {most} is the most"
        raise Complaint("too-many-buckets", message, "use fewer steps, or fewer powers", index=4)
    return parameters


def _even(factor: int, steps: int) -> bool:
    """Whether a step is a whole number in each power."""
    power = factor
    while power < steps:
        power *= factor
    return steps >= factor and power % steps == 0 and steps % factor == 0


def _powers(parameters: Sequence[int]) -> list[range]:
    """The lower bounds of the buckets of each power."""
    factor, low, high, steps = parameters
    ends = [factor ** (power + 1) for power in range(low, high + 1)]
    return [range(end // factor, end, max(1, end // steps)) for end in ends]


def _bounds(parameters: Sequence[int]) -> list[int]:
    """The lower bounds of all buckets but the first, which has none."""
    powers = _powers(parameters)
    return [*(bound for power in powers for bound in power), powers[-1].stop]


def _words(kind: Int, parameters: Sequence[int]) -> int:
    return words.power_of_two(len(_bounds(parameters)) + 1)


def _update(lower: Lowering, slot: Pointer, value: Scalar, kind: Int, parameters: Sequence[int], shared: bool) -> None:
    emit = lower.emit
    size, bounds = _words(kind, parameters), _bounds(parameters)
    # The largest number closes the table; values that reach it are counted with those above the last bound.
    table = emit.table((*bounds, *[_END - 1] * (size - len(bounds))))
    index, step = emit.constant(0), size // 2
    while step:
        middle = words.masked(emit, emit.arithmetic("add", index, emit.constant(step - 1)), size)
        bound = emit.load(words.word(emit, table, middle), 0)
        reached = emit.compare("sge" if kind.signed else "uge", value, bound)
        index = emit.arithmetic("add", index, emit.arithmetic("mul", reached, emit.constant(step)))
        step //= 2
    words.count_bucket(lower, slot, index, size, shared)


def merge(slots: Sequence[memoryview], parameters: Sequence[int], kind: Int) -> Value | None:
    """The buckets from the lowest to the highest that is not empty, summed over the CPUs."""
    bounds = _bounds(parameters)
    found: dict[int, int] = {}
    for index, count in merging.trimmed(slots):
        place = min(index, len(bounds))
        found[place] = found.get(place, 0) + count
    edges: list[int | None] = [None, *bounds, None]
    ends = [None if edge is None else edge - 1 for edge in edges]
    buckets = [Bucket(edges[place], ends[place + 1], count) for place, count in found.items()]
    return Histogram(tuple(buckets), kind.unit) if buckets else None


AGGREGATION = Aggregation(
    "llquantize", _words, _update, parameters=("FACTOR", "LOW", "HIGH", "STEPS"), settle=_settle, measure="distribution"
)

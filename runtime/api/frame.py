"""Maps as pandas DataFrames, for those who have pandas; the package does not need it."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from ...compiler.values import Fault, Histogram, Percentiles, Rate, Stack, Stats, Value
from ..results import MapResult
from ..show import frames


def frame(result: MapResult) -> Any:
    """See `Map.to_frame`."""
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise ImportError(
            "to_frame() needs pandas, which is not installed: `pip install pandas` (to_dict() and rows do without)"
        ) from error
    made = pandas.DataFrame(list(_records(result)), columns=_columns(result))
    made.attrs.update(unit=result.unit, key_units=result.key_units)
    return made


def _columns(result: MapResult) -> list[str]:
    """The keys' names, then those of the value; what is there twice gets a number, as columns must differ."""
    names: list[str] = []
    for name in (*result.key_names, *(_parts(result.rows[0].value) if result.rows else ("value",))):
        number = sum(other == name or other.startswith(f"{name}.") for other in names)
        names.append(f"{name}.{number}" if number else name)
    return names


def _parts(value: Value) -> tuple[str, ...]:
    """What the columns of a value are called."""
    match value:
        case Histogram():
            return "low", "high", "count"
        case Stats():
            return "count", "sum", "min", "max", "avg", "stddev"
        case Percentiles(asked=asked):
            return tuple(f"p{p:.10g} {end}" for p in asked for end in ("low", "high"))
        case _:
            return ("value",)


def _records(result: MapResult) -> Iterator[Sequence[object]]:
    for row in result.rows:
        key = [_cell(value) for value in row.key]
        for cells in _cells(row.value):
            yield [*key, *cells]


def _cells(value: Value) -> Iterator[Sequence[object]]:
    """The rows that a value takes, as `_parts` names their cells."""
    match value:
        case Histogram(buckets=buckets):
            yield from ((bucket.low, bucket.high, bucket.count) for bucket in buckets)
        case Stats(count=count, sum=total, min=low, max=high):
            yield count, total, low, high, value.avg, value.stddev
        case Percentiles(asked=asked):
            yield [bound for p in asked for bound in value.percentile(p)]
        case Rate():
            yield (value.per_second,)
        case _:
            yield (_cell(value),)


def _cell(value: Value) -> object:
    """A failed read is a missing value to pandas, a stack a text to group by; all else is itself."""
    match value:
        case Fault():
            return None
        case Stack():
            return ";".join(reversed(frames(value)))
        case _:
            return value

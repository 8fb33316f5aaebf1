"""Maps as pandas DataFrames, for those who have pandas; the package does not need it."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from ...compiler.values import Fault, Histogram, Value
from ..results import MapResult


def frame(result: MapResult) -> Any:
    """See `Map.to_frame`."""
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise ImportError(
            "to_frame() needs pandas, which is not installed: `pip install pandas` (to_dict() and rows do without)"
        ) from error
    return pandas.DataFrame(list(_records(result)), columns=_columns(result))


def _columns(result: MapResult) -> list[str]:
    """The keys' names, then those of the value; what is there twice gets a number, as columns must differ."""
    histograms = result.rows and isinstance(result.rows[0].value, Histogram)
    names: list[str] = []
    for name in (*result.key_names, *(("low", "high", "count") if histograms else ("value",))):
        number = sum(other == name or other.startswith(f"{name}.") for other in names)
        names.append(f"{name}.{number}" if number else name)
    return names


def _records(result: MapResult) -> Iterator[Sequence[object]]:
    for row in result.rows:
        key = [_cell(value) for value in row.key]
        if isinstance(row.value, Histogram):
            yield from ([*key, bucket.low, bucket.high, bucket.count] for bucket in row.value.buckets)
        else:
            yield [*key, _cell(row.value)]


def _cell(value: Value) -> object:
    """A failed read is a missing value to pandas; all else is itself."""
    return None if isinstance(value, Fault) else value

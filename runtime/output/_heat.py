"""Histograms side by side as a grid: columns are times (or any number), rows are buckets, cells are counts.

A map whose key has a number has its columns in it, and other parts of the key are added together:

    @[elapsed / 100ms].quantize(arg2)    columns 0, 1, 2, ...

A map without one gives a column each time that it is printed: the map as it was then.
"""

from collections.abc import Sequence
from functools import reduce
from importlib import import_module
from itertools import pairwise
from math import gcd
from typing import NamedTuple

from ...compiler.schema import MapSchema
from ...compiler.types import NO_UNIT, Int, Units
from ...compiler.values import Bucket, Histogram, Percentiles, Value
from ...grammar.diagnostic import Diagnostic, UsageError
from ..results import MapResult

EXAMPLE = "kretprobe:SyS_read { @[elapsed / 100ms].quantize(retval) }"
_MOST_GAPS = 10_000
"""Columns, those in which nothing was counted included; what is farther apart stands side by side."""

_TICK = 10**6
"""Nanoseconds: no column says more exactly when it was shown."""


class Grid(NamedTuple):
    """`counts[column][row]`; `starts` says where columns begin, and `bounds` is one bucket a row, the lowest first."""

    starts: list[int]
    step: int
    bounds: list[Bucket]
    counts: list[list[int]]
    across: str
    across_unit: Units
    unit: str

    @property
    def most(self) -> int:
        """The largest count."""
        return max((count for column in self.counts for count in column), default=0)

    @property
    def total(self) -> int:
        """All counts together."""
        return sum(map(sum, self.counts))


def draws(schema: MapSchema) -> bool:
    """Whether the values of a map are histograms."""
    if not schema.aggregation:
        return False
    module = import_module(f"...compiler.aggregations.{schema.aggregation}", __package__)
    found: bool = module.AGGREGATION.measure == "distribution"
    return found


def has_columns(schema: MapSchema) -> bool:
    """Whether the columns are in the key of a map."""
    return any(isinstance(field.type, Int) for field in schema.keys)


def check(format: str, maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError `no-histograms` where there is no such map, or the one that was asked for is none."""
    if any(draws(schema) for schema in maps if wanted in ("", schema.name)):
        return
    whose = f"map {wanted} has none" if wanted else "this program has none"
    message = f"`-f {format}` shows a map of histograms, a column for each time, and {whose}"
    others = next((f"; `--map {schema.name}` shows one" for schema in maps if draws(schema)), "")
    raise UsageError(Diagnostic("no-histograms", message, help=f"such as `{EXAMPLE}`{others}"))


def grid_of_keys(result: MapResult) -> Grid:
    """The columns are a number of the key: one that is a time, or else the last."""
    units = result.key_units or (NO_UNIT,) * len(result.key_names)
    numbers = [at for at in range(len(result.key_names)) if any(_is_number(row.key[at]) for row in result.rows)]
    at = next((at for at in numbers if units[at] == "ns"), numbers[-1] if numbers else -1)
    found: dict[int, Histogram] = {}
    for row in result.rows:
        histogram = _histogram(row.value)
        key = row.key[at] if numbers else 0
        if histogram is not None and isinstance(key, int):
            found[key] = found[key].merge(histogram) if key in found else histogram
    name = result.key_names[at] if numbers else ""
    return _grid(found, _step(sorted(found)), name, units[at] if numbers else NO_UNIT)


def grid_of_times(results: Sequence[MapResult]) -> Grid:
    """A column each time that the map was told, all its rows together, by the time since the first."""
    found: dict[int, Histogram] = {}
    for result in results:
        histograms = [histogram for row in result.rows if (histogram := _histogram(row.value)) is not None]
        if histograms:
            since = (result.time - results[0].time) // _TICK * _TICK
            found[since] = reduce(Histogram.merge, [*([found[since]] if since in found else []), *histograms])
    return _grid(found, 0, "time", "ns")


def squeezed(grid: Grid, columns: int, rows: int) -> Grid:
    """The same with at most so many columns and rows: neighbours are added together."""
    across = -(-len(grid.starts) // columns) or 1
    up = -(-len(grid.bounds) // rows) or 1
    counts = [
        [
            sum(sum(column[bottom : bottom + up]) for column in grid.counts[left : left + across])
            for bottom in range(0, len(grid.bounds), up)
        ]
        for left in range(0, len(grid.starts), across)
    ]
    bounds = [
        Bucket(several[0].low, several[-1].high, sum(each.count for each in several))
        for several in (grid.bounds[bottom : bottom + up] for bottom in range(0, len(grid.bounds), up))
    ]
    return grid._replace(starts=grid.starts[::across], step=grid.step * across, bounds=bounds, counts=counts)


def _is_number(value: Value) -> bool:
    return isinstance(value, int)


def _histogram(value: Value) -> Histogram | None:
    match value:
        case Histogram():
            return value
        case Percentiles(histogram=histogram):
            return histogram
    return None


def _grid(found: dict[int, Histogram], step: int, across: str, across_unit: Units) -> Grid:
    """A row for each bucket that any of the histograms has, between the lowest and the highest with a count."""
    whole = reduce(Histogram.merge, found.values()) if found else Histogram(())
    rows = {(bucket.low, bucket.high): number for number, bucket in enumerate(whole.buckets)}
    starts = list(range(min(found), max(found) + 1, step)) if step else sorted(found)
    counts = [[0] * len(rows) for _ in starts]
    for column, start in enumerate(starts):
        for bucket in found[start].buckets if start in found else ():
            if bucket.count:
                counts[column][rows[bucket.low, bucket.high]] = bucket.count
    return Grid(starts, step, list(whole.buckets), counts, across, across_unit, whole.unit)


def _step(keys: Sequence[int]) -> int:
    """How far columns are apart, 0 where gaps between them would be most of the picture."""
    if len(keys) < 2:
        return 1 if keys else 0
    step = gcd(*(after - before for before, after in pairwise(keys)))
    return step if (keys[-1] - keys[0]) // step < _MOST_GAPS else 0

"""What a run hands to the output formats and to Python: maps with ordered rows, and facts about the run.

    ordered([Row(("dd",), 512), Row(("sh",), 3)]) -> (Row(("sh",), 3), Row(("dd",), 512))

Rows are put in order once, here, so that every format, `print(@, top)` and the Python API agree.
Small facts are NamedTuples: a frozen dataclass takes five times as long to define, at every start of the program.
"""

import os
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from ..compiler.schema import MapSchema
from ..compiler.types import NO_UNIT, Measure, Units
from ..compiler.values import Fault, Histogram, Percentiles, Rate, Stack, Stats, Value
from ..grammar.frozen import dataclass


class Row(NamedTuple):
    """An entry of a map; `key` has one value for each of the map's keys, none for a map without keys."""

    key: tuple[Value, ...]
    value: Value


@dataclass(frozen=True, slots=True)
class MapResult:
    """A map as it was read: `rows` as `ordered` gives them, `unit` what its values measure where that is known.

    `aggregation` is "" for a plain value; `key_names` is what the user wrote (`comm`, `arg2`), one for each key, and
    `key_units` what they measure. `measure` says what values are: counted `events`, a `total` that never falls, a
    `distribution`, or a `value` of any other kind. It was read at `time`, nanoseconds of CLOCK_MONOTONIC; `left_out`
    rows were not kept because of `--top`. `rows` is a tuple, or `columns.Columns` where there are very many.
    """

    name: str
    aggregation: str
    key_names: tuple[str, ...]
    rows: Sequence[Row]
    unit: Units = ""
    key_units: tuple[Units, ...] = ()
    measure: Measure = "value"
    time: int = 0
    left_out: int = 0

    def measured_keys(self, row: Row) -> list[tuple[Value, Units]]:
        """The parts of a key, each with what it measures."""
        return list(zip(row.key, self.key_units or (NO_UNIT,) * len(row.key), strict=True))


class RunInfo(NamedTuple):
    """How a run starts: number of attached probes, program text, host name, kernel release, the maps that it shows."""

    probes: int
    program: str
    host: str
    kernel: str
    maps: tuple[MapSchema, ...] = ()

    @classmethod
    def here(cls, probes: int, program: str, maps: tuple[MapSchema, ...] = ()) -> "RunInfo":
        """On this machine."""
        uname = os.uname()
        return cls(probes, program, uname.nodename, uname.release, maps)


SortKey = tuple[int, "int | float | str | bytes | tuple[SortKey, ...]"]


class Order(NamedTuple):
    """How rows are put in order: `top` of them, the largest, or all (0), then by value or by key, `down` or up.

    Where `by` is empty the values decide, except histograms, which go by key.
    """

    top: int = 0
    by: Literal["", "value", "key"] = ""
    down: bool = False


def ordered(
    rows: Iterable[Row], top: int = 0, by: Literal["", "value", "key"] = "", down: bool = False
) -> tuple[Row, ...]:
    """The rows in the order that `Order` describes, the largest last if it says nothing. Equal values go by key.

    What is made of many values (histograms, percentiles, stats) is as large as their number.
    """
    rows = list(rows)
    if _plain(rows):
        # Twice, as a sort keeps what is equal in order: it knows quicker ways for integers than for tuples.
        by_key = sorted(rows, key=_only) if len(rows[0].key) == 1 else sorted(rows, key=itemgetter(0))
        kept = sorted(by_key, key=itemgetter(1))[-top:]
    else:
        kept = sorted(rows, key=lambda row: (_rank(row.value), _rank(row.key)))[-top:]
    if by == "key" or (not by and any(isinstance(row.value, Histogram) for row in kept)):
        kept.sort(key=lambda row: _rank(row.key))
    return tuple(reversed(kept) if down else kept)


def _plain(rows: Sequence[Row]) -> bool:
    """Whether Python's own order is that of `_rank`: values are integers, and so is each part of a key, or a string."""
    if not rows or {type(row[1]) for row in rows} - {int}:
        return False
    keys = [row[0] for row in rows]
    parts = (set(map(type, map(itemgetter(index), keys))) for index in range(len(keys[0])))
    return all(kinds in ({int}, {str}) for kinds in parts)


def _only(row: Row) -> Any:
    """The key of a row that has one part."""
    return row[0][0]


def _rank(value: Value) -> SortKey:
    """Something that compares with the rank of any other value, whatever their types."""
    match value:
        case int() | float():
            return 1, value
        case str():
            return 2, value
        case Fault():
            return 0, 0
        case Histogram() | Percentiles() | Stats():
            return 1, value.count
        case Rate():
            return 1, value.per_second
        case bytes():
            return 3, value
        case tuple():
            return 4, tuple(_rank(item) for item in value)
        case Stack():
            return 5, tuple((1, frame.address) for frame in value.frames)

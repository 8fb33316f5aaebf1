"""What a run hands to the output formats and to Python: maps with ordered rows, and facts about the run.

    ordered([Row(("dd",), 512), Row(("sh",), 3)]) -> (Row(("sh",), 3), Row(("dd",), 512))

Rows are put in order once, here, so that every format, `print(@, top)` and the Python API agree.
Small facts are NamedTuples: a frozen dataclass takes five times as long to define, at every start of the program.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..compiler.types import Unit
from ..compiler.values import Fault, Histogram, Percentiles, Rate, Stack, Stats, Value


class Row(NamedTuple):
    """An entry of a map; `key` has one value for each of the map's keys, none for a map without keys."""

    key: tuple[Value, ...]
    value: Value


@dataclass(frozen=True, slots=True)
class MapResult:
    """A map as it was read: `rows` as `ordered` gives them, `unit` what its numbers measure where that is known.

    `aggregation` is "" for a plain value; `key_names` is what the user wrote (`comm`, `arg2`), one for each key.
    """

    name: str
    aggregation: str
    key_names: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: Unit = ""


class RunInfo(NamedTuple):
    """How a run starts: number of attached probes, program text, host name, kernel release."""

    probes: int
    program: str
    host: str
    kernel: str


SortKey = tuple[int, "int | float | str | bytes | tuple[SortKey, ...]"]


def ordered(rows: Iterable[Row], top: int = 0) -> tuple[Row, ...]:
    """The rows by value, the largest last; histograms by key. Equal values go by key.

    What is made of many values (histograms, percentiles, stats) is as large as their number. `top` keeps that many
    rows, the largest; 0 keeps all.
    """
    by_value = sorted(rows, key=lambda row: (_rank(row.value), _rank(row.key)))
    kept = by_value[-top:]
    if any(isinstance(row.value, Histogram) for row in kept):
        kept.sort(key=lambda row: _rank(row.key))
    return tuple(kept)


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

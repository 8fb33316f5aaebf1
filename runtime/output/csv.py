"""CSV: one table for each map, a blank line between tables, for spreadsheets and scripts.

    @,comm,pid,value
    @,dd,1021,512

Each row begins with the map's name. A histogram is a row a bucket: `low`, `high` (both inclusive, empty where open),
`count`. What the script prints is a row `print`, its time in nanoseconds, its text. Control characters of traced
programs are escaped as in text; frames of a stack are joined with `;`, the outermost first.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from ...compiler.values import Histogram, Percentiles, Rate, Stack, Stats, Value
from ..escape import escape as escaped
from ..results import MapResult, Row
from ..show import frames, labelled, show
from ._base import Base
from .protocol import Settings


def create(stream: TextIO, settings: Settings) -> CsvOutput:
    """The format `csv`."""
    return CsvOutput(stream, settings)


class CsvOutput(Base):
    """Rows as they come."""

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        super().__init__(stream, settings)
        self._writer = csv.writer(stream, lineterminator="\n")
        self._begun = False

    def printed(self, time_ns: int, text: str) -> None:
        """`print,1234567890123,hello`."""
        self._begun = True
        self._writer.writerow(["print", time_ns, text.removesuffix("\n")])

    def map(self, result: MapResult) -> None:
        """A head with the names of the columns, then the rows; nothing for an empty map."""
        super().map(result)
        if not result.rows:
            return
        if self._begun:
            self._stream.write("\n")
        self._begun = True
        self._writer.writerow([result.name, *result.key_names, *_columns(result.rows[0].value)])
        for row in result.rows:
            for cells in _cells(row):
                self._writer.writerow([result.name, *cells])


def _columns(value: Value) -> list[str]:
    match value:
        case Histogram():
            return ["low", "high", "count"]
        case Stats() | Percentiles():
            return [label for label, _ in labelled(value)]
    return ["value"]


def _cells(row: Row) -> Iterator[list[object]]:
    """The key's cells and the value's; several rows for a histogram."""
    key = [_cell(part) for part in row.key]
    match row.value:
        case Histogram(buckets=buckets):
            for bucket in buckets:
                yield [*key, "" if bucket.low is None else bucket.low, "" if bucket.high is None else bucket.high,
                       bucket.count]  # fmt: skip
        case Stats() | Percentiles():
            yield [*key, *(number for _, number in labelled(row.value))]
        case _:
            yield [*key, _cell(row.value)]


def _cell(value: Value) -> object:
    match value:
        case int() | float():
            return value
        case Stack():
            return ";".join(escaped(frame) for frame in reversed(frames(value)))
        case Rate():
            return value.per_second
    return show(value, escaped)

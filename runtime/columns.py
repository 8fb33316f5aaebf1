"""The rows of a large map of numbers, a column at a time: arrays of NumPy instead of an object for each cell.

keys and values as the kernel has them -> Columns, which are rows to all who ask for rows, and a table of text at once

A million rows are summed, ordered and printed in half a second. Loading NumPy takes 0.1 s, so few rows do without.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import starmap
from typing import Any, TypeAlias, cast, overload

import numpy as np

from ..compiler.schema import MapSchema
from ..compiler.types import Int, storage
from .results import Order, Row

Array: TypeAlias = np.ndarray[Any, Any]

_CHUNK = 1 << 14  # rows that are formatted at once: what is at hand for them fits into the processor's cache


class Columns(Sequence[Row]):
    """Rows whose keys are numbers, and their values: `keys` has an array for each part of the key."""

    def __init__(self, keys: Sequence[Array], values: Array) -> None:
        self.keys = keys
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Row]:
        shown = zip(*(column.tolist() for column in self.keys), strict=True)
        return map(partial(tuple.__new__, Row), zip(shown, self.values.tolist(), strict=True))

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(index, slice):
            return tuple(Columns([column[index] for column in self.keys], self.values[index]))
        return Row(tuple(column[index].item() for column in self.keys), self.values[index].item())

    def taken(self, which: Array | slice) -> "Columns":
        """The rows of these indexes, or for which a mask is true."""
        return Columns([column[which] for column in self.keys], self.values[which])

    def ordered(self, order: Order) -> "Columns":
        """Rows that `summed` gave, in the order of their keys, as `results.ordered` puts them in order."""
        places = np.argsort(self.values, kind="stable")[-order.top :]
        kept = self.taken(np.sort(places) if order.by == "key" else places)
        return kept.taken(slice(None, None, -1)) if order.down else kept

    def table(self, width: int) -> str | None:
        """A line for each row, numbers below each other; None where that takes more than `width` characters."""
        marks = [*(b", " for _ in self.keys[1:]), b": ", b"\n"]
        columns = [*self.keys, self.values]
        widths = [_digits(column) for column in columns]
        if sum(widths) + sum(map(len, marks)) - 1 > width:
            return None
        parts = list(zip(columns, widths, marks, strict=True))
        chunks = (
            np.hstack(list(starmap(_cells, ((column[start : start + _CHUNK], *rest) for column, *rest in parts))))
            for start in range(0, len(self), _CHUNK)
        )
        return b"".join(map(np.ndarray.tobytes, chunks)).decode("ascii").removesuffix("\n")


def summed(keys: bytearray, values: bytearray, schema: MapSchema) -> Columns:
    """The sums over the CPUs' copies, one word each, under keys that are numbers, in the order of the keys.

    Those that are zero are left out: their first event has not been counted yet.
    """
    count = len(keys) // schema.key_size
    totals = np.frombuffer(values, np.uint64).reshape(count, -1).sum(axis=1, dtype=np.uint64)
    columns = []
    for field in schema.keys:
        kind = cast(Int, storage(field.type))
        words = np.frombuffer(keys, np.int64 if kind.signed else np.uint64)
        columns.append(words[field.offset // 8 :: schema.key_size // 8].copy())
    rows = Columns(columns, totals).taken(np.lexsort(columns[::-1]))
    new = np.zeros(count, bool)
    new[0] = True
    for column in rows.keys:
        new[1:] |= column[1:] != column[:-1]
    if not new.all():  # the same key more than once
        rows = Columns(rows.taken(new).keys, np.add.reduceat(rows.values, np.flatnonzero(new)))
    return rows if rows.values.all() else rows.taken(rows.values != 0)


def _digits(numbers: Array) -> int:
    """How many characters the longest of them takes."""
    return max(len(str(numbers.max())), len(str(numbers.min())))


def _cells(numbers: Array, width: int, mark: bytes) -> Array:
    """Bytes, a row for each number: its digits to the right of `width` columns, then the mark.

    [7, -12], 4, b": "   ->   "   7: " and " -12: "
    """
    cells = np.full((width + len(mark), len(numbers)), ord(" "), np.uint8)
    cells[width:] = np.frombuffer(mark, np.uint8)[:, None]
    negative = numbers < 0
    rest = np.where(negative, 0 - numbers, numbers).astype(np.uint64)
    blank = np.zeros(len(numbers), bool)
    for place in range(width - 1, -1, -1):
        upper = rest // np.uint64(10)
        cells[place] = np.where(blank, cells[place], rest - upper * np.uint64(10) + np.uint64(ord("0")))
        signs = blank & negative
        if signs.any():
            cells[place][signs] = ord("-")
            negative &= ~signs
        rest, blank = upper, upper == 0
    return cells.T

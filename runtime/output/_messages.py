"""What a person at the terminal is told beside the data, the same in every format: notes, and losses.

ply: map @ is full at 10240 entries: 3976 updates lost; raise it with `--map-entries`      as it happens
ply: map @ is full at 10240 entries: 4012 updates lost in total; raise it with `--map-entries`     at the end
"""

import sys
from typing import TextIO

from ...compiler.schema import LossPlace


class Messages:
    """Writes notes and losses to `stream` (None: stderr), a line each, and adds losses up by place."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or sys.stderr
        self._totals: dict[LossPlace, int] = {}
        self._told: dict[LossPlace, int] = {}

    @property
    def totals(self) -> dict[LossPlace, int]:
        """What was lost so far, by place."""
        return self._totals

    def note(self, text: str) -> None:
        """One remark."""
        self._stream.write(f"ply: {text}\n")
        self._stream.flush()

    def lost(self, place: LossPlace, count: int) -> None:
        """`count` more were lost at a place."""
        remedy = "" if place in self._totals else f"; {place.remedy}"
        self._totals[place] = self._totals.get(place, 0) + count
        self._told[place] = self._told.get(place, 0) + 1
        self.note(f"{place.problem}: {counted(count, place.what)} lost{remedy}")

    def end(self) -> None:
        """The sums of what was told more than once."""
        for place, total in self._totals.items():
            if self._told[place] > 1:
                self.note(f"{place.problem}: {counted(total, place.what)} lost in total; {place.remedy}")


def left_out(rows: int) -> str:
    """What is said of rows that a limit has cut off: they are the smallest."""
    return "1 row with a smaller value left out" if rows == 1 else f"{rows} rows with smaller values left out"


def counted(count: int, what: str) -> str:
    """`1 update`, `2 updates`."""
    return f"{count} {what.removesuffix('s') if count == 1 else what}"

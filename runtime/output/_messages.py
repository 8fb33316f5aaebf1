"""What a person at the terminal is told beside the data, the same in every format: notes, and losses.

ply: @: map full: 3976 lost; raise it with `--map-entries`          as it happens, later ones without the remedy
ply: @: map full: 4012 lost in total; raise it with `--map-entries`         at the end
"""

import sys
from typing import TextIO


class Messages:
    """Writes notes and losses to `stream` (None: stderr), a line each, and adds losses up by place and reason."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or sys.stderr
        self._totals: dict[tuple[str, str], int] = {}
        self._remedies: dict[tuple[str, str], str] = {}

    def note(self, text: str) -> None:
        """One remark."""
        self._stream.write(f"ply: {text}\n")
        self._stream.flush()

    def lost(self, where: str, reason: str, count: int, remedy: str) -> None:
        """`count` more were lost at a place."""
        place = (where, reason)
        advice = "" if place in self._totals else _advice(remedy)
        self._totals[place] = self._totals.get(place, 0) + count
        self._remedies[place] = remedy
        self.note(f"{where}: {reason}: {count} lost{advice}")

    def end(self) -> None:
        """The sums of everything that was lost."""
        for (where, reason), total in self._totals.items():
            self.note(f"{where}: {reason}: {total} lost in total{_advice(self._remedies[where, reason])}")


def _advice(remedy: str) -> str:
    return f"; {remedy}" if remedy else ""

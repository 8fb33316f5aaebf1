"""A heat map: values upwards, time (or any number) across, how often as colour; an SVG file, or blocks in a terminal.

    ply -f heatmap -o out.svg -t 10 -c 'kretprobe:SyS_read { @[elapsed / 100ms].quantize(retval) }'

The map has histograms as its values. Its columns are a number in its key; where it has none, each time that it is shown
is a column, with `--every 1s --delta` or by `print(@)`. `-A` draws with ASCII characters, also into a file.
"""

from collections.abc import Sequence
from typing import TextIO

from ...compiler.schema import MapSchema
from ...grammar.frozen import replace
from ..escape import escape
from ..results import MapResult, RunInfo
from . import _heat
from ._base import Base, title
from ._heat_svg import heat_svg
from ._heat_text import heat_lines
from ._svg import Heading
from .protocol import Settings


def check(maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError where no map has histograms."""
    _heat.check("heatmap", maps, wanted)


def create(stream: TextIO, settings: Settings) -> "HeatmapOutput":
    """The format `heatmap`."""
    return HeatmapOutput(stream, settings)


class HeatmapOutput(Base):
    """One map, that was asked for with `--map`, else the first that has columns in its key, else the first."""

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        super().__init__(stream, settings)
        self._name = settings.map
        self._in_key = False
        self._told: list[MapResult] = []

    def start(self, info: RunInfo) -> None:
        """Which map it will be, for people, where there was a choice."""
        super().start(info)
        fitting = [schema for schema in info.maps if _heat.draws(schema) and self._settings.map in ("", schema.name)]
        fitting.sort(key=_heat.has_columns, reverse=True)
        if fitting:
            self._name, self._in_key = fitting[0].name, _heat.has_columns(fitting[0])
        if len(fitting) > 1:
            others = ", ".join(f"`--map {schema.name}`" for schema in fitting[1:])
            self.note(f"the picture is of {self._name}; there is {others}")

    def map(self, result: MapResult) -> None:
        """For later."""
        super().map(result)
        if result.name == self._name and result.rows:
            self._told.append(result)

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """The picture, also of nothing."""
        last = self._told[-1] if self._told else MapResult(self._name, "", (), ())
        if self._in_key and self._settings.delta:
            last = replace(last, rows=tuple(row for part in self._told for row in part.rows))
        grid = _heat.grid_of_keys(last) if self._in_key or not self._told else _heat.grid_of_times(self._told)
        if len(grid.starts) == 1:
            how = f"a time in the key makes more, as in `{_heat.EXAMPLE}`, or `--every 1s --delta`"
            self.note(f"there is only one column: {how}")
        values = f"{grid.total:,} values" if grid.total else "nothing was counted"
        if self._settings.terminal or self._settings.ascii:
            first = f"{escape(title(last))}: {values}, {seconds:.1f} s"
            lines = heat_lines(grid, self._settings.width, self._settings.ascii)
            self._stream.write("\n".join(["", first, *lines, ""]))
        else:
            facts = [values, *self.facts(seconds)]
            heading = Heading(title(last), self._info.program, facts, self.lost_so_far())
            self._stream.write(heat_svg(grid, heading))
        super().end(status, seconds, lost_total)

"""One map of a run as a flame graph, in the output of a run and from Python."""

from typing import TextIO

from ..escape import escape
from ..results import MapResult, RunInfo
from ..show import measured
from ..units import DIGITS, duration
from ._base import AtEnd, Ending, title
from ._flame import placed, tree
from ._flame_svg import flame_svg
from ._messages import left_out
from ._stacks import draws, fold
from ._svg import Heading
from .protocol import Settings

_NARROWEST = 0.0001
"""Of the whole width: an eighth of a pixel."""


class FlameOutput(AtEnd):
    """Draws the map that was asked for with `--map`, else the first of the program that has a stack in its key."""

    def __init__(self, stream: TextIO, settings: Settings, icicle: bool) -> None:
        super().__init__(stream, settings)
        self._icicle = icicle
        self._names: list[str] = []

    def start(self, info: RunInfo) -> None:
        """Which map it will be, for people, where there was a choice."""
        super().start(info)
        self._names = [schema.name for schema in info.maps if draws(schema)]
        if len(self._names) > 1 and not self._settings.map:
            others = ", ".join(f"`--map {name}`" for name in self._names[1:])
            self.note(f"the picture is of {self._names[0]}; there is {others}")

    def document(self, maps: dict[str, MapResult], ending: Ending) -> str:
        """The picture, also of nothing."""
        name = self._settings.map or next(iter(self._names), "")
        facts = self.facts(ending.seconds)
        found = maps.get(name) or MapResult(name, "", (), ())
        return flamegraph(found, self._info.program, facts, self.lost_so_far(), self._icicle)


def flamegraph(result: MapResult, program: str, facts: list[str], lost: list[str], icicle: bool = False) -> str:
    """The SVG file of a map; `facts` about the run and what was `lost` stand above the picture."""
    rows = list(fold(result, escape))
    picture = placed(tree(rows), _NARROWEST)
    total = picture.boxes[0].number

    def quantity(number: int | float) -> str:
        return amount(number, result)

    stacks = f"{len(rows):,} different stacks" if len(rows) != 1 else "1 stack"
    first = [f"{quantity(total)}, {stacks}"] if rows else ["nothing was counted"]
    rest = [left_out(result.left_out)] if result.left_out else []
    return flame_svg(picture, Heading(title(result), program, [*first, *rest, *facts], lost), quantity, icicle)


def amount(number: int | float, result: MapResult) -> str:
    """A number of a map with what it counts, for people: `4,812 events`, `1.234s`."""
    if result.unit == "ns":
        return duration(round(number), DIGITS)
    if result.unit or (isinstance(number, float) and not number.is_integer()):
        return measured(number, result.unit)
    return f"{int(number):,}" + ((" event" if number == 1 else " events") if result.measure == "events" else "")

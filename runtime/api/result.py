"""What a run leaves: maps, events, losses, notes, and how it ended."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ...compiler.schema import LossPlace
from ...grammar.diagnostic import Diagnostic, PlyError
from ..results import RunInfo
from .errors import explained
from .event import Event, Printed
from .map import Maps


@dataclass(frozen=True, slots=True)
class Loss:
    """`count` pieces of data that were lost at one place, for one reason.

    `where` (`@`, `printf`, a probe) and `reason` (`map full`) are for programs to read, as in JSON; `problem`, `what`
    and `remedy` are for people, and so is `str(loss)`.
    """

    where: str
    reason: str
    count: int
    what: str
    problem: str
    remedy: str

    @classmethod
    def at(cls, place: LossPlace, count: int) -> "Loss":
        """What was counted at a place."""
        return cls(place.where, place.reason, count, place.what, place.problem, place.remedy)

    @property
    def place(self) -> LossPlace:
        """What the output formats are given."""
        return LossPlace(self.where, self.reason, self.problem, self.what, self.remedy)

    def __str__(self) -> str:
        return f"{self.problem}: {self.count} {self.what} lost; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on a run. Where it is on a `probe` that saw nothing, `instead` is the probe that probably would."""

    text: str
    probe: str = ""
    instead: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Result:
    """A run that is over.

    `status` is what the script gave to `exit()`, else 0; `seconds` how long it ran. `returncode` is the command's exit
    status, negative for a signal, None where there was none or it had to be ended. `stdout` and `stderr` are what the
    command wrote, where that was captured.
    """

    maps: Maps
    events: list[Event]
    losses: list[Loss]
    notes: list[Note]
    status: int
    seconds: float
    returncode: int | None = None
    stdout: bytes | None = None
    stderr: bytes | None = None
    info: RunInfo = field(default=RunInfo(0, "", "", ""), repr=False)

    @property
    def lost(self) -> int:
        """How much was lost in all; 0 is the number to hope for."""
        return sum(loss.count for loss in self.losses)

    def render(self, format: str = "text", *, width: int = 80, ascii: bool = False) -> str:
        """The run as `ply -f FORMAT` writes it: `text`, `json`, ...

        `width` is in columns. What the command line says on stderr (losses, notes) is left out. Raises UsageError:
        `unknown-format`, or `no-stacks` and its like where a format can show none of the maps.
        """
        from ..output import check, create
        from ..output.protocol import Settings

        with explained():
            check(format, self.info.maps)
        stream = StringIO()
        output = create(format, stream, Settings(ascii=ascii, width=width, messages=StringIO()))
        output.start(self.info)
        for event in self.events:
            if isinstance(event, Printed):
                output.printed(event.time, event.escaped(output.escape))
            else:
                output.map(event.map.result)
        for name in self.maps:
            if self.maps[name]:
                output.map(self.maps[name].result)
        for loss in self.losses:
            output.lost(loss.place, loss.count)
        output.end(self.status, self.seconds, self.lost)
        return stream.getvalue()

    def to_json(self) -> list[dict[str, Any]]:
        """The objects that `ply -f json` prints, one for each of its lines."""
        return [json.loads(line) for line in self.render("json").splitlines()]

    def __str__(self) -> str:
        """As `ply` prints it, and what it says on stderr below that."""
        return "\n".join([self.render().strip("\n"), *self._remarks()])

    def _repr_html_(self) -> str:
        from html import escape

        return self.maps._repr_html_() + "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())

    def _remarks(self) -> Iterator[str]:
        yield from map(str, [*self.notes, *self.losses])


class LossError(PlyError):
    """Data was lost, and `strict` was asked for. `result` is the run's, with status 4 where it would have been 0."""

    def __init__(self, result: Result) -> None:
        super().__init__(
            *(
                Diagnostic("lost", f"{loss.problem}: {loss.count} {loss.what} lost", help=loss.remedy)
                for loss in result.losses
            )
        )
        self.result = result

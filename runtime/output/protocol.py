"""What every output format offers: it is told what happens in a run, in order, and writes it down.

    start, (printed | page | map | lost | note | flush)*, end

Formats only write. Rows come ordered (`runtime/results.py`), text comes formatted with the format's `escape`.
Their streams may fail: OSError (a broken pipe, a full disk) is the caller's to handle, and ends the run.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TextIO

from ...compiler.schema import LossPlace
from ..results import MapResult, RunInfo


class Settings(NamedTuple):
    """How to write. `width` is in terminal columns, 80 where there is no terminal.

    `messages` is where losses and notes go, None for stderr. `terminal` says whether a person sees it at once, and
    `map` which map was asked for, if not all of them. With `delta`, a map is told in parts: what has come in since.
    """

    ascii: bool = False
    width: int = 80
    colour: bool = False
    messages: TextIO | None = None
    terminal: bool = False
    map: str = ""
    delta: bool = False


class Shape(NamedTuple):
    """How printed texts are written down, for those who write many at once: `before`, the time and `between` if it is
    `timed`, the text, `after`; all in UTF-8.

    `literal` gives the script's own text as it is written; strings of traced programs with a byte in `refused`, or any
    that is not printable ASCII, have to go through `printed`. `write` takes whole texts, which it has to keep or copy.
    """

    write: Callable[[memoryview], None]
    before: str = ""
    timed: bool = False
    between: str = ""
    after: str = ""
    literal: Callable[[str], str] = str
    refused: bytes = b"\\"


class Output(Protocol):
    """Writes a run down in one format."""

    @property
    def escape(self) -> Callable[[str], str]:
        """What `printed` text must have been formatted with: text of traced programs goes through it."""

    def start(self, info: RunInfo) -> None:
        """All probes are attached."""

    def printed(self, time_ns: int, text: str) -> None:
        """The script printed `text`; the time is the event's, CLOCK_MONOTONIC."""

    def page(self) -> None:
        """All maps follow as they are now; where a person looks on, those that were shown before may go."""

    def shape(self) -> Shape | None:
        """How `printed` writes, where that can be said beforehand."""

    def map(self, result: MapResult) -> None:
        """A map, at the end of the run or when the script prints it."""

    def lost(self, place: LossPlace, count: int) -> None:
        """Since the last call for this place, `count` pieces of data were lost; at most once a second."""

    def note(self, text: str) -> None:
        """A remark for the person at the terminal: goes to `messages`, never among the data."""

    def command(self, status: int) -> None:
        """The traced command has ended with this exit status, or by the signal -status; before `end`."""

    def flush(self) -> None:
        """A batch of events is done: what was written must be seen now."""

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """The run is over: exit status, length in seconds, and everything that was lost. Flushes."""

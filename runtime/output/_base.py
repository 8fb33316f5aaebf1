"""What formats share: losses and notes go to the person beside the data, and a flush comes before them.

`Base` writes maps as they come. `AtEnd` writes once, when the run is over: what is one picture or one document.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from io import TextIOWrapper
from typing import NamedTuple, TextIO

from ...compiler.schema import LossPlace
from ..escape import escape as escaped
from ..results import MapResult, RunInfo
from ._messages import Messages, counted, left_out
from .protocol import Settings, Shape


class Base:
    """All of a format but its maps: a subclass writes those, and what the script prints if that is data."""

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        self._stream = stream
        self._settings = settings
        self._messages = Messages(settings.messages)
        self._info = RunInfo(0, "", "", "")

    @property
    def escape(self) -> Callable[[str], str]:
        """Controls cannot reach a terminal."""
        return escaped

    def start(self, info: RunInfo) -> None:
        """Nothing to write yet."""
        self._info = info

    def printed(self, time_ns: int, text: str) -> None:
        """Not among the data."""
        self.note(text.removesuffix("\n"))

    def page(self) -> None:
        """Nothing to write: what is read by programs goes on and on."""

    def shape(self) -> Shape | None:
        """Each text by itself."""
        return None

    def _write_bytes(self, content: memoryview) -> None:
        """Text in UTF-8, past the stream's encoder where that would change nothing."""
        stream = self._stream
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() in ("utf-8", "utf8"):
            stream.flush()
            stream.buffer.write(content)
        else:
            stream.write(str(content, "utf-8", "surrogateescape"))

    def map(self, result: MapResult) -> None:
        """Nothing to write but what is missing."""
        if result.left_out:
            self.note(f"{result.name}: {left_out(result.left_out)}")

    def lost(self, place: LossPlace, count: int) -> None:
        """Not among the data."""
        self.flush()
        self._messages.lost(place, count)

    def note(self, text: str) -> None:
        """Not among the data."""
        self.flush()
        self._messages.note(text)

    def command(self, status: int) -> None:
        """Not among the data; whoever runs the command says what has to be said."""

    def flush(self) -> None:
        """Make everything seen."""
        self._stream.flush()

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """The totals of what was lost."""
        self.flush()
        self._messages.end()

    def facts(self, seconds: float) -> list[str]:
        """About the run, for the head of a picture."""
        return [f"{seconds:.1f} s", f"{self._info.host}, Linux {self._info.kernel}"]

    def lost_so_far(self) -> list[str]:
        """What was lost, in a few words."""
        return [f"{counted(count, place.what)} ({place.reason})" for place, count in self._messages.totals.items()]


def title(result: MapResult) -> str:
    """A map as the program has it: `@[comm, stack].count()`."""
    keys = f"[{', '.join(result.key_names)}]" if result.key_names else ""
    return f"{result.name}{keys}{f'.{result.aggregation}()' if result.aggregation else ''}"


class Ending(NamedTuple):
    """What is known when a run is over: exit status, length in seconds, and what was lost, by place."""

    status: int
    seconds: float
    losses: dict[LossPlace, int]


class AtEnd(Base, ABC):
    """Keeps each map as it was told last, and calls `document` at the end; a map that is empty then replaces none.

    So a script that prints and clears a map every second gets its last second.
    """

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        super().__init__(stream, settings)
        self._maps: dict[str, MapResult] = {}

    def map(self, result: MapResult) -> None:
        """For later."""
        super().map(result)
        if result.rows:
            self._maps[result.name] = result

    @abstractmethod
    def document(self, maps: dict[str, MapResult], ending: Ending) -> str:
        """All there is to write."""

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """The document, then the totals of what was lost."""
        self._stream.write(self.document(self._maps, Ending(status, seconds, dict(self._messages.totals))))
        super().end(status, seconds, lost_total)

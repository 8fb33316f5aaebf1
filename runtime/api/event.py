"""What a script printed, as objects: kept in order by a `Recorder`, which is told by the ring buffer's reader."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..decode import Decoder
from ..events import Handler
from ..format import Formatter
from ..results import MapResult
from ..show import Escape
from .map import Map


@dataclass(frozen=True, slots=True, repr=False)
class Printed:
    """A `printf` or `print`: `time` in nanoseconds (CLOCK_MONOTONIC, as `time.monotonic_ns()`), and the text.

    `text` is as the program printed it, not escaped for a terminal; it is made when it is asked for, as that takes as
    long as all the rest of an event. `values` are what it is made from, typed.
    """

    time: int
    values: tuple[Any, ...]
    render: Formatter
    formatter: Callable[[Escape], Formatter] = field(compare=False)

    @property
    def text(self) -> str:
        """What was printed."""
        return self.render(self.values)

    def __repr__(self) -> str:
        return f"Printed(time={self.time}, text={self.text!r}, values={self.values!r})"

    def escaped(self, escape: Escape) -> str:
        """The text, with what comes from traced programs passed through `escape`."""
        return self.formatter(escape)(self.values)


@dataclass(frozen=True, slots=True)
class MapPrinted:
    """A `print(@m)`: the map as it was when that was handled, soon after `time` (nanoseconds, CLOCK_MONOTONIC)."""

    time: int
    map: Map[Any]


Event = Printed | MapPrinted


class Recorder:
    """Keeps events until they are taken. Both ends may be in different threads."""

    def __init__(self) -> None:
        self._kept: deque[Event] = deque()

    def text(self, decode: Decoder, formatter: Callable[[Escape], Formatter]) -> Handler:
        """Text and values."""
        render, keep = formatter(_as_it_is), self._kept.append

        def handle(time: int, record: bytes) -> None:
            keep(Printed(time, decode(record), render, formatter))

        return handle

    def map(self, read: Callable[[int], MapResult]) -> Handler:
        """The map, read at once."""
        return lambda time, record: self._kept.append(MapPrinted(time, Map(read(time))))

    def shape(self) -> None:
        """Events are objects here, each by itself."""

    def flush(self) -> None:
        """Nothing waits to be seen."""

    @property
    def kept(self) -> list[Event]:
        """The events that were not taken yet, oldest first."""
        return list(self._kept)

    def take(self) -> Iterator[Event]:
        """The events so far, oldest first; each is given out once."""
        while True:
            try:
                event = self._kept.popleft()
            except IndexError:  # none left, or another thread took it
                return
            yield event


def _as_it_is(text: str) -> str:
    return text

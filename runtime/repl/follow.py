"""A program at work, a turn at a time: what it prints goes to an output format, and how it goes is told to a watcher.

The loop is that of `runtime.api.Trace`; this one only says for how long, and what to look at between two turns.
"""

import time
from collections.abc import Callable

from ..api.event import Event, Printed
from ..api.result import Loss, Result
from ..api.trace import Trace
from ..output.protocol import Output
from ..results import MapResult, RunInfo

Shorten = Callable[[MapResult], MapResult]


class Follower:
    """Follows a trace that was just entered; `printed` counts its events, `seconds` is how long it is at work."""

    def __init__(self, trace: Trace, output: Output, limit: float = 0) -> None:
        self.trace, self.output = trace, output
        self.printed = 0
        self._started = time.monotonic()
        self._end = self._started + limit if limit else float("inf")
        self._told: dict[tuple[str, str], int] = {}
        output.start(RunInfo.here(len(trace.program.artifact.probes), trace.program.text))

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    @property
    def lost(self) -> int:
        """How much was lost so far, all places together."""
        return sum(self._told.values())

    def turn(self, seconds: float) -> bool:
        """Handle events for so long; whether it goes on after that."""
        for event in self.trace.events(max(0.0, min(seconds, self._end - time.monotonic()))):
            self.printed += 1
            _write(event, self.output)
        self._tell(self.trace.losses)
        self.output.flush()
        return not self.trace.ended and time.monotonic() < self._end

    def _tell(self, losses: list[Loss]) -> None:
        for loss in losses:
            new = loss.count - self._told.get((loss.where, loss.reason), 0)
            if new:
                self._told[loss.where, loss.reason] = loss.count
                self.output.lost(loss.place, new)

    def finish(self, result: Result, quiet: bool, shorten: Shorten) -> None:
        """After the end: what it printed last, its maps, remarks and losses."""
        for event in result.events:
            _write(event, self.output)
        for each in result.maps.values():
            if each:
                self.output.map(shorten(each.result))
        for note in result.notes:
            if not quiet:
                self.output.note(str(note))
        self._tell(result.losses)
        self.output.end(result.status, result.seconds, result.lost)


def _write(event: Event, output: Output) -> None:
    if isinstance(event, Printed):
        output.printed(event.time, event.escaped(output.escape))
    else:
        output.map(event.map.result)

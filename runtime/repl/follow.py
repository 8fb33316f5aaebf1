"""A program at work, a turn at a time: what it prints goes to an output format, and how it goes is told to a watcher.

The loop is that of `runtime.api.Trace`; this one only says for how long, and what to look at between two turns.
"""

import time
from collections.abc import Callable

from ...grammar.frozen import replace
from ..api.event import Event, Printed
from ..api.result import Loss, Result
from ..api.trace import Trace
from ..output.protocol import Output
from ..results import RunInfo
from ..tracer import shown_maps

_BATCH = 256
"""Events between two looks at whether anybody wants more of them."""
_LAST = 200


class Follower:
    """Follows a trace that was just entered; `printed` counts its events, `seconds` is how long it is at work."""

    def __init__(self, trace: Trace, output: Output, limit: float = 0) -> None:
        self.trace, self.output = trace, output
        self.printed = 0
        self._started = time.monotonic()
        self._end = self._started + limit if limit else float("inf")
        self._losses: list[Loss] = []
        self._next_report = self._started + 1
        self._told: dict[tuple[str, str], int] = {}
        artifact = trace.program.artifact
        output.start(RunInfo.here(len(artifact.probes), artifact.source_text, shown_maps(artifact)))

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    @property
    def lost(self) -> int:
        """How much was lost so far, all places together."""
        return sum(loss.count for loss in self._losses)

    def turn(self, seconds: float, stopped: Callable[[], bool]) -> bool:
        """Handle events for so long, or until it was stopped; whether it goes on after that."""
        for event in self.trace.events(max(0.0, min(seconds, self._end - time.monotonic()))):
            self.printed += 1
            _write(event, self.output)
            if self.printed % _BATCH == 0:
                self.output.flush()
                if stopped():
                    break
        self._losses = self.trace.losses
        now = time.monotonic()
        if now >= self._next_report:
            self._tell(self._losses)
            self._next_report = now + 1
        self.output.flush()
        return not stopped() and not self.trace.ended and time.monotonic() < self._end

    def _tell(self, losses: list[Loss]) -> None:
        for loss in losses:
            new = loss.count - self._told.get((loss.where, loss.reason), 0)
            if new:
                self._told[loss.where, loss.reason] = loss.count
                self.output.lost(loss.place, new)

    def finish(self, result: Result, quiet: bool, rows: int) -> None:
        """After the end: what it printed last, its maps, remarks and losses.

        With `rows`, for a person who wants to go on: not more than so many rows of each map, and events of the end.
        """
        events = result.events[-_LAST:] if rows else result.events
        if len(events) < len(result.events):
            self.output.note(f"{len(result.events) - len(events)} events are left out here; `:export` writes them")
        for event in events:
            _write(event, self.output)
        for name, each in result.maps.items():
            if each:
                self.output.map(replace(each.result, rows=each.result.rows[-rows:]))
            if rows and len(each) > rows:
                self.output.note(f"{name} has {len(each) - rows} more rows: `:print {name}` shows all of them")
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

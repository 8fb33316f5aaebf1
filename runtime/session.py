"""A run from the command line: arm, wait for the end, tell it to the output. The end is whichever comes first:

Ctrl-C, `exit()`, the time limit, or the end of the traced command. Results are printed before anything is detached.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from ..compiler.artifact import Artifact
from ..compiler.schema import LossPlace
from ..grammar.frozen import dataclass
from .command import ending
from .decode import Decoder
from .events import Events, Handler
from .format import Formatter
from .output.protocol import Output, Shape
from .results import MapResult, Order, RunInfo
from .run import Run, opened
from .show import Escape
from .silences import told
from .tracer import shown_maps, signals

if TYPE_CHECKING:
    from .owner import Owner
    from .progress import Progress

_AS_USUAL = Order()


@dataclass(frozen=True, slots=True)
class RunSettings:
    """`seconds` is the time limit, 0 for none; `pid` the target where there is no command; `quiet` leaves notes out.

    `owner` is who the command runs as, None for this process's user. `order` is that of the rows of all maps, and `map`
    the only one to show at the end, if not all of them. `every` so many seconds all are shown, 0 for only at the end,
    and with `delta` only what has come in since the last time.
    """

    command: Sequence[str] = ()
    owner: "Owner | None" = None
    seconds: float = 0
    pid: int = 0
    quiet: bool = False
    order: Order = _AS_USUAL
    map: str = ""
    every: float = 0
    delta: bool = False


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: the script's exit status, and how much was lost."""

    status: int
    lost: int


@contextmanager
def _signals(own: Collection[int]) -> Iterator[tuple[int, list[int]]]:
    """SIGINT and SIGTERM, and the script's `own`, as bytes in a pipe: none is lost between a test and a sleep."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    caught: list[int] = []
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def come(number: int, frame: FrameType | None) -> None:
        if number not in own:
            caught.append(number)

    kept = {number: signal.signal(number, come) for number in (signal.SIGINT, signal.SIGTERM, *own)}
    try:
        yield reader, caught
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous)
        os.close(reader)
        os.close(writer)


def run(artifact: Artifact, output: Output, settings: RunSettings) -> RunEnd:
    """Run a script to its end; raises HostError, UsageError, and OSError where the output cannot be written."""
    own = signals(artifact)
    with _signals(own) as (reader, caught):

        def waiting() -> "Progress":
            from .progress import Progress  # most runs are not that long at it

            return Progress(sys.stderr if sys.stderr.isatty() and not settings.quiet else None, lambda: caught)

        with opened(artifact, settings.command, owner=settings.owner, waiting=waiting) as (tracer, command):
            tracer.order = settings.order
            arrivals = _arrivals(reader) if own else tuple
            going = Run(tracer, Events(tracer, _Writer(output)), command, reader, arrivals)
            return _Session(going, output, settings, caught).run()


def _arrivals(reader: int) -> Callable[[], Iterable[int]]:
    """The signals in the pipe."""
    from .signals import taken  # few scripts wait for a signal

    return lambda: taken(reader)


class _Writer:
    """Hands what a script prints to an output."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def text(self, decode: Decoder, formatter: Callable[[Escape], Formatter]) -> Handler:
        """The text alone, with the format's escapes."""
        printed, render = self._output.printed, formatter(self._output.escape)
        return lambda time, record: printed(time, render(decode(record)))

    def shape(self) -> Shape | None:
        """That of the format."""
        return self._output.shape()

    def map(self, read: Callable[[int], MapResult]) -> Handler:
        """The map without the time."""
        return lambda time, record: self._output.map(read(time))

    def flush(self) -> None:
        """Make everything seen."""
        self._output.flush()


class _Session:
    """The state of one run."""

    def __init__(self, going: Run, output: Output, settings: RunSettings, caught: list[int]) -> None:
        self.going, self.tracer, self.output = going, going.tracer, output
        self.settings, self.caught = settings, caught
        self.told: dict[LossPlace, int] = {}

    def run(self) -> RunEnd:
        """BEGIN, events, END, maps."""
        artifact = self.tracer.artifact
        self.output.start(RunInfo.here(len(artifact.probes), artifact.source_text, shown_maps(artifact)))
        for remark in self.tracer.left_out() if not self.settings.quiet else ():
            self.output.note(remark)
        deadline = time.monotonic() + (self.settings.seconds or float("inf"))
        self.going.begin(self.settings.pid)
        self._loop(deadline)
        self.going.finish()
        return self._end()

    def _loop(self, deadline: float) -> None:
        """Until the end comes."""
        next_report = time.monotonic() + 1
        next_show = time.monotonic() + (self.settings.every or float("inf"))
        while not self.caught and not self.going.over():
            now = time.monotonic()
            if now >= deadline:
                return
            if now >= next_report:
                self._report_losses()
                next_report = now + 1
            if now >= next_show:
                self._show()
                next_show += self.settings.every
            busy = self.going.work()
            self.going.wait(busy, min(deadline - now, next_show - now, 1.0))

    def _show(self) -> None:
        """All maps as they are now, or what came in since the last time."""
        self._maps()
        self.output.flush()
        for schema in self.tracer.artifact.maps if self.settings.delta else ():
            if schema.spare:
                self.tracer.clear(schema)

    def _maps(self) -> None:
        if self.settings.every:
            self.output.page()
        for result in self.tracer.maps():
            if self.settings.map in ("", result.name):
                self.output.map(result)

    def _report_losses(self) -> int:
        """Tell what was lost since the last time; returns the total."""
        total = 0
        for place, count in self.tracer.losses():
            total += count
            self._tell(place, count)
        return total

    def _tell(self, place: LossPlace, count: int) -> None:
        new = count - self.told.get(place, 0)
        if new:
            self.told[place] = count
            self.output.lost(place, new)

    def _end(self) -> RunEnd:
        """Maps, notes, losses."""
        self._maps()
        if not self.settings.quiet:
            for note in told(self.tracer.silences()):
                self.output.note(note)
        if self.tracer.symbols.loaded and self.tracer.symbols.problem:
            self.output.note(self.tracer.symbols.problem)
        self._command()
        lost = self._report_losses()
        status = self.going.events.status or 0
        self.output.end(status, self.going.seconds, lost)
        return RunEnd(status, lost)

    def _command(self) -> None:
        """How the command has ended, where that is so; a person hears of it if it was not well."""
        command = self.going.command
        if command is None or command.status is None:
            return
        self.output.command(command.status)
        interrupted = command.status == -signal.SIGINT and self.caught  # by the same Ctrl-C
        if command.status and not interrupted and not self.settings.quiet:
            as_whom = f", which ran as {command.owner.name}," if command.owner else ""
            self.output.note(f"the command{as_whom} {ending(command.status)}")

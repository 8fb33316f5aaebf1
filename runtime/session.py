"""A run from the command line: arm, wait for the end, tell it to the output. The end is whichever comes first:

Ctrl-C, `exit()`, the time limit, or the end of the traced command. Results are printed before anything is detached.
"""

import os
import select
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ..compiler.artifact import Artifact, ProgramEntry
from ..compiler.schema import LossPlace
from .command import Command
from .events import Events
from .output.protocol import Output
from .results import RunInfo
from .tracer import Tracer

_NAP = 0.004
"""Seconds between two looks at the ring buffer while events come in: nobody is woken for a single event."""
_SLEEP = 0.1
"""Longest sleep while nothing happens: also how long a missed wake-up can go unnoticed."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """`seconds` is the time limit, 0 for none; `pid` the target where there is no command; `quiet` leaves notes out."""

    command: Sequence[str] = ()
    seconds: float = 0
    pid: int = 0
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: the script's exit status, and how much was lost."""

    status: int
    lost: int


@contextmanager
def _signals() -> Iterator[tuple[int, list[int]]]:
    """SIGINT and SIGTERM as bytes in a pipe: a signal is never lost between a test and a sleep."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    caught: list[int] = []
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    kept = {
        number: signal.signal(number, lambda it, _: caught.append(it)) for number in (signal.SIGINT, signal.SIGTERM)
    }
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
    with ExitStack() as stack:
        reader, caught = stack.enter_context(_signals())
        tracer = stack.enter_context(Tracer(artifact))
        tracer.load()
        command = Command(settings.command) if settings.command else None
        if command:
            stack.callback(command.close)
        tracer.attach()
        session = _Session(tracer, output, settings, command, reader, caught)
        return session.run()


class _Session:
    """The state of one run."""

    def __init__(
        self,
        tracer: Tracer,
        output: Output,
        settings: RunSettings,
        command: Command | None,
        reader: int,
        caught: list[int],
    ) -> None:
        self.tracer, self.output, self.settings = tracer, output, settings
        self.command, self.reader, self.caught = command, reader, caught
        self.events = Events(tracer, output)
        self.told: dict[LossPlace, int] = {}
        self.quiet_poll, self.full_poll = select.poll(), select.poll()
        for poll in (self.quiet_poll, self.full_poll):
            poll.register(reader, select.POLLIN)
            if command:
                poll.register(command.descriptor, select.POLLIN)
        if tracer.ring is not None:
            self.full_poll.register(tracer.ring.fd, select.POLLIN)

    def run(self) -> RunEnd:
        """BEGIN, events, END, maps."""
        uname = os.uname()
        artifact = self.tracer.artifact
        self.output.start(RunInfo(len(artifact.probes), artifact.source_text, uname.nodename, uname.release))
        started = time.monotonic()
        self.tracer.run("BEGIN")
        self.events.drain()
        if self.events.status is None:
            self.tracer.arm(self.command.pid if self.command else self.settings.pid)
            if self.command:
                self.command.go()
            self._loop(started)
        self.tracer.stop()
        self.events.drain()
        self.tracer.run("END")
        self.events.drain()
        return self._finish(started)

    def _loop(self, started: float) -> None:
        """Until the end comes."""
        deadline = started + self.settings.seconds if self.settings.seconds else None
        timers = [_Timer(period / 1e9, program) for period, program in self.tracer.timers()]
        next_report = started + 1
        while not self._over(deadline):
            now = time.monotonic()
            for timer in timers:
                timer.catch_up(now, self.tracer)
            if now >= next_report:
                self._report_losses()
                next_report = now + 1
            busy = self.events.drain() > 0
            if self.events.status is not None:
                return
            limits = [deadline] if deadline else []
            limits += [timer.due for timer in timers]
            self._wait(busy, max(0.0, min(limits, default=now + 1) - time.monotonic()))

    def _wait(self, busy: bool, limit: float) -> None:
        """Nap while events come, else sleep until one does."""
        if busy:
            self.quiet_poll.poll(min(limit, _NAP) * 1000)
            return
        self.tracer.sleep(True)
        self.full_poll.poll(min(limit, _SLEEP) * 1000)
        self.tracer.sleep(False)

    def _over(self, deadline: float | None) -> bool:
        if self.caught or (self.command and self.command.ended()):
            return True
        return deadline is not None and time.monotonic() >= deadline

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

    def _finish(self, started: float) -> RunEnd:
        """Maps, notes, losses."""
        seconds = time.monotonic() - started
        for result in self.tracer.maps():
            self.output.map(result)
        if not self.settings.quiet:
            for silence in self.tracer.silences():
                hint = (
                    f"; programs here call {silence.instead}(2): try {_short(silence.probe)}" if silence.instead else ""
                )
                self.output.note(f"{silence.text}: 0 events{hint}")
        if self.tracer.symbols.loaded and self.tracer.symbols.problem:
            self.output.note(self.tracer.symbols.problem)
        lost = self._report_losses()
        status = self.events.status or 0
        self.output.end(status, seconds, lost)
        return RunEnd(status, lost)


class _Timer:
    """A program to run every `period` seconds."""

    def __init__(self, period: float, program: ProgramEntry) -> None:
        self.period, self.program = period, program
        self.due = time.monotonic() + period

    def catch_up(self, now: float, tracer: Tracer) -> None:
        """Run it as often as it was due by now."""
        while self.due <= now:
            tracer.tick(self.program)
            self.due += self.period


def _short(probe: str) -> str:
    return probe.partition(":")[2]

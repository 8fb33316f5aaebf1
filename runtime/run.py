"""A run of a script, from BEGIN to END, a turn at a time: what the command line and the Python API have in common.

    with opened(artifact, ["dd"]) as (tracer, command):
        run = Run(tracer, Events(tracer, listener), command)
        run.begin()
        while not run.over():
            run.wait(run.work(), 1.0)
        run.finish()

Nothing in here knows a signal, an output or a thread; who uses it brings them.
"""

import select
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ..compiler.artifact import Artifact, ProgramEntry
from ..grammar.diagnostic import Diagnostic, UsageError
from .command import INHERITED, Command, Descriptors
from .events import Events
from .tracer import Tracer, signals

if TYPE_CHECKING:
    from .owner import Owner
    from .progress import Progress
    from .snapshot import Snapshot

_NAP = 0.004
"""Seconds between two looks at the ring buffer while events come in: nobody is woken for a single event."""
_SLEEP = 0.1
"""Longest sleep while nothing happens: also how long a missed wake-up can go unnoticed."""


def _at_once(step: Callable[[], object]) -> None:
    step()


@contextmanager
def opened(
    artifact: Artifact,
    words: Sequence[str] = (),
    descriptors: Descriptors = INHERITED,
    take: Callable[[Callable[[], object]], None] = _at_once,
    owner: "Owner | None" = None,
    waiting: "Callable[[], Progress] | None" = None,
) -> Iterator[tuple[Tracer, Command | None]]:
    """A script attached, not armed, and its command, if any, ready to go; nothing of either is left at the end.

    The command runs as `owner`. `take` is called with each step that must not be left half done; `waiting` is
    that of `Tracer`. Raises HostError where the kernel refuses, UsageError where there is no such
    command.
    """
    with ExitStack() as stack:
        tracer = stack.enter_context(Tracer(artifact, waiting))
        take(tracer.load)
        command = stack.enter_context(Command(words, descriptors, owner)) if words else None
        if command:
            command.start()
        take(tracer.attach)
        yield tracer, command


PORTION = 8192
"""Events that are handled at once: what they have made user space keep is given out in between."""


class Run:
    """One run of an attached script; `alarm` is a descriptor that ends a wait when it is readable.

    `arrived` gives the numbers of the signals that came since it was last called, for clauses that wait for them.
    `seconds` is how long it took, from `begin` to the end of `finish`.
    """

    def __init__(
        self,
        tracer: Tracer,
        events: Events,
        command: Command | None = None,
        alarm: int | None = None,
        arrived: Callable[[], Iterable[int]] = tuple,
    ) -> None:
        self.tracer, self.events, self.command = tracer, events, command
        self.seconds = 0.0
        self.finished = False
        self._started = time.monotonic()
        self._timers: list[_Timer] = []
        self._arrived, self._on_signal = arrived, signals(tracer.artifact)
        self._snapshot: Snapshot | None = None
        self._nap, self._sleep = select.poll(), select.poll()
        woken_by = ([alarm] if alarm is not None else []) + ([command.descriptor] if command else [])
        for descriptor in woken_by:
            self._nap.register(descriptor, select.POLLIN)
            self._sleep.register(descriptor, select.POLLIN)
        if tracer.ring is not None:
            self._sleep.register(tracer.ring.fd, select.POLLIN)

    def begin(self, target: int = 0) -> None:
        """BEGIN; then all probes count, and the command runs. `target` is `$target` where there is no command."""
        self._started = time.monotonic()
        watches = self.tracer.watches()
        if watches and not self.command:
            if not target:
                raise _no_process(watches[0])
            self.tracer.watch(target)
        self.tracer.aim(self.command.pid if self.command else target)
        self.tracer.run("BEGIN")
        self.events.drain()
        if self.events.status is None:
            self.tracer.arm()
            lists = self.tracer.lists()
            if lists:
                from .snapshot import Snapshot  # threads take 3 ms to import

                self._snapshot = Snapshot(lists)
            if self.command and watches:
                pid = self.command.pid
                self.command.go(lambda: self.tracer.watch(pid))
            elif self.command:
                self.command.go()
        self._timers = [_Timer(period / 1e9, program) for period, program in self.tracer.timers()]

    def over(self) -> bool:
        """Whether the script has called `exit`, the command has ended, or all is seen that there is to see."""
        if self._snapshot is not None and self._snapshot.done() and self.tracer.passive and not self.command:
            return True
        return self.events.status is not None or (self.command is not None and self.command.ended())

    def work(self) -> bool:
        """Run the timers that are due and what waits for signals, and handle events; whether there were any."""
        self.tracer.keep_up()
        self._signalled()
        now = time.monotonic()
        for timer in self._timers:
            timer.catch_up(now, self.tracer)
        return self.events.drain(PORTION) > 0

    def wind_up(self) -> bool:
        """After the end, before `finish`: count no more, and handle some of what is left; whether there was any."""
        if self._snapshot is None:
            self.tracer.stop()
        return self.events.drain(PORTION) > 0

    def _signalled(self) -> None:
        """Once for each signal, until the script has called `exit`."""
        for number in self._arrived() if self._on_signal else ():
            if number in self._on_signal and self.tracer.armed:
                self.tracer.tick(self._on_signal[number])

    def wait(self, busy: bool, limit: float) -> None:
        """Until there is something to do, at most `limit` seconds: a nap while events come, else until one does."""
        if self.events.status is not None:
            return
        due = min((timer.due for timer in self._timers), default=float("inf"))
        limit = max(0.0, min(limit, due - time.monotonic()))
        if busy:
            if self.tracer.behind() or self.events.waiting:
                return
            self._nap.poll(min(limit, _NAP) * 1000)
            return
        self.tracer.sleep(True)
        self._sleep.poll(min(limit, _SLEEP) * 1000)
        self.tracer.sleep(False)

    def finish(self) -> None:
        """Count no more, handle what is left, END. Once is enough, twice is harmless."""
        if self.finished:
            return
        self.finished = True
        if self._snapshot is not None and self.command and not self._snapshot.done():
            self._snapshot.finish()  # a short command is no reason to show half of a list
        self._signalled()
        self.tracer.stop()
        if self._snapshot is not None:
            self._snapshot.finish()
        self.events.drain()
        self.tracer.run("END")
        self.events.drain()
        self.seconds = time.monotonic() - self._started
        self.events.close()


def _no_process(program: ProgramEntry) -> UsageError:
    message = f"{', '.join(program.probes)} is in the memory of one process, and none is given"
    return UsageError(Diagnostic("no-process", message, help="give it with `-p PID`, or a command after `--`"))


class _Timer:
    """A program to run every `period` seconds."""

    def __init__(self, period: float, program: ProgramEntry) -> None:
        self.period, self.program = period, program
        self.due = time.monotonic() + period

    def catch_up(self, now: float, tracer: Tracer) -> None:
        """Run it as often as it was due by now, or until the script has called `exit`."""
        while self.due <= now and tracer.armed:
            tracer.tick(self.program)
            self.due += self.period

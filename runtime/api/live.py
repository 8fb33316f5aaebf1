"""A script in the kernel, as threads and signal handlers may use it: one of them at a time handles events.

KeyboardInterrupt can come between any two calls in the main thread, also right after a lock was taken. So the locks
are such that their owner may take them again: what an interrupt leaves locked does not stop `close` in that thread.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..events import Events
from ..results import RunInfo
from ..run import Run, opened
from ..tracer import shown_maps, signals
from .event import Recorder
from .map import Map, Maps
from .program import Program
from .result import Loss, Note, Result
from .stdio import Redirection
from .undisturbed import undisturbed

if TYPE_CHECKING:
    from ..owner import Owner
    from ..signals import Caught

_WAIT = 1.0
"""Longest wait in one turn, in seconds; a turn's own limit is shorter."""
_PATIENCE = 0.1
"""Seconds to wait for another thread's turn before looking at what it has found."""


Catch = Callable[[Collection[int]], "Caught"]
"""How to have signals for a script: `Caught`, where this is the main thread."""


class Live:
    """Opened, it counts; closed, it is gone from the kernel. `run` is None before and after."""

    def __init__(self, program: Program, recorder: Recorder, catch: Catch | None, waiting: int) -> None:
        self.program, self.recorder, self._catch, self._waiting = program, recorder, catch, waiting
        self._caught: Caught | None = None
        self._schemas = {schema.name: schema for schema in shown_maps(program.artifact)}
        self.run: Run | None = None
        self._kernel = ExitStack()
        self._turning, self._reading = RLock(), RLock()  # who handles events; who reads, so that it stays open
        self._inside = self._stopping = False

    def open(self, words: Sequence[str], pid: int, redirection: Redirection, owner: "Owner | None") -> None:
        """Attach, run BEGIN, count, start the command."""
        caught = self._caught = self._signals()
        streams = self._kernel.enter_context(redirection)
        there = opened(self.program.artifact, words, streams.descriptors, undisturbed, owner)
        tracer, command = self._kernel.enter_context(there)
        alarm, arrived = (caught.descriptor, caught.take) if caught else (None, tuple)
        run = Run(tracer, Events(tracer, self.recorder, self._waiting), command, alarm, arrived)
        run.begin(pid)
        self.run = run

    def _signals(self) -> "Caught | None":
        """Those that the script waits for; UsageError where it cannot have them."""
        wanted = signals(self.program.artifact)
        if not wanted:
            return None
        from ..signals import Caught

        return (self._catch or Caught)(wanted)

    def close(self) -> None:
        """Take it out of the kernel, and end the command."""
        self._stopping = True
        with self._turning, self._reading:
            self.run = None
            undisturbed(self._kernel.close)
        if self._caught:
            self._caught.close()

    def turns(self, deadline: float) -> Iterator[None]:
        """Work, and a stop after each piece of it, until the run is over or the time is up."""
        busy, limit = False, 0.0
        while True:
            if self._turning.acquire(timeout=_PATIENCE):
                try:
                    busy = self._turn(busy, limit)
                finally:
                    self._turning.release()
            yield
            left = deadline - time.monotonic()
            if left <= 0 or self.finished:
                return
            limit = min(left, _WAIT)

    def _turn(self, busy: bool, limit: float) -> bool:
        """A wait, and one piece of work or the end; whether there were events."""
        run = self.run
        if run is None or run.finished or self._inside:
            return False
        self._inside = True
        try:
            if limit and not self._stopping:
                run.wait(busy, limit)
            if not self._stopping and not run.over():
                return run.work()
            if not self._stopping and run.events.waiting:
                return run.wind_up()
            run.finish()
            return False
        finally:
            self._inside = False

    def finish(self) -> None:
        """Count no more; END. A thread that is waiting for events does not hold this up for long.

        Called by a signal handler in the middle of a turn, it leaves the end to that turn's thread.
        """
        self._stopping = True
        with self._turning:
            self._turn(False, 0.0)

    def detach(self) -> None:
        """Take the probes out; maps can still be read."""
        with self._turning:
            if self.run and self.run.finished:
                undisturbed(self.run.tracer.detach)

    @property
    def finished(self) -> bool:
        """Whether the run is over, as far as was noticed."""
        run = self.run
        return run is None or run.finished

    def glance(self) -> None:
        """One piece of work without waiting, unless another thread is at it."""
        if self._turning.acquire(blocking=False):
            try:
                self._turn(False, 0.0)
            finally:
                self._turning.release()

    def pull(self) -> None:
        """Make room in the ring for further events, unless another thread sees to that."""
        if self.run and self._turning.acquire(blocking=False):
            try:
                self.run.events.pull()
            finally:
                self._turning.release()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the maps, in script order."""
        return tuple(self._schemas)

    def map(self, name: str) -> Map[Any] | None:
        """A map as it is now; None after the end."""
        with self._reading:
            return Map(self.run.tracer.map(self._schemas[name])) if self.run else None

    def losses(self) -> list[Loss] | None:
        """What was lost so far; None after the end."""
        with self._reading:
            return [Loss.at(place, count) for place, count in self.run.tracer.losses()] if self.run else None

    def result(self) -> Result:
        """All but what the command wrote, of a run that is finished and still open."""
        run = self.run
        assert run is not None
        tracer, artifact = run.tracer, self.program.artifact
        maps = {name: Map[Any](tracer.map(schema)) for name, schema in self._schemas.items()}
        notes = [Note(str(silence), silence.text, silence.probe) for silence in tracer.silences()]
        notes += map(Note, tracer.left_out())
        if tracer.symbols.loaded and tracer.symbols.problem:
            notes.append(Note(tracer.symbols.problem))
        return Result(
            maps=Maps(self.names, maps.__getitem__),
            events=self.recorder.kept,
            losses=[Loss.at(place, count) for place, count in tracer.losses()],
            notes=notes,
            status=run.events.status or 0,
            seconds=run.seconds,
            returncode=run.command.status if run.command else None,
            info=RunInfo.here(len(artifact.probes), artifact.source_text, shown_maps(artifact)),
        )

"""A script at work in the kernel while Python code looks on.

    with plytrace.Trace('kprobe:SyS_openat { @[comm].count(); printf("%s\\n", str(arg(1))) }') as trace:
        for event in trace.events(timeout=1.0):
            print(event.text, end="")
        trace.maps["@"].to_dict()

There is no thread behind it. The kernel counts by itself, and keeps events (4 MiB of them) until they are asked for;
timers of the script (`interval`) run, and events are handled, inside `events` and `wait`. Whoever is there gets what
comes faster than Python can handle it, too: up to 256 MiB of events wait in this process (`runtime/backlog.py`).
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..backlog import FOR_PROGRAMS
from ..unsafe import refuse_unsafe
from .errors import explained
from .event import Event, Recorder
from .live import Catch, Live
from .map import Map, Maps
from .program import Program, compile
from .result import Loss, Result
from .stdio import Redirection, Stream
from .target import command_words, target_pid

if TYPE_CHECKING:
    from ..owner import Owner

_PULL = 256
"""Events that are given out between looks at whether there is still room for others in the kernel."""


class Trace:
    """A context manager: attached and counting inside the `with` block, gone from the kernel after it.

    `owner` is who the command runs as (`runtime/owner.py`), `catch` takes signals for clauses that wait for them, where
    the block is not entered in the main thread, `waiting` is how many bytes of events may wait. Other arguments and
    errors are those of `plytrace.run`; the program is compiled here, attached when the block is entered. What it found
    can still be asked for after the block. Its methods may be called from any thread, and `stop` while another thread
    waits for events.
    """

    def __init__(
        self,
        program: str | os.PathLike[str] | Program,
        *,
        command: Sequence[str | os.PathLike[str]] | None = None,
        pid: int | None = None,
        parameters: Sequence[object] | None = None,
        map_entries: int | None = None,
        stack_entries: int | None = None,
        ring_size: int | None = None,
        backend: str | None = None,
        via: str | None = None,
        unsafe: bool = False,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        capture_output: bool = False,
        owner: "Owner | None" = None,
        catch: Catch | None = None,
        waiting: int = FOR_PROGRAMS,
    ) -> None:
        self._owner = owner
        self._words = command_words(command)
        self._pid = target_pid(pid, command is not None)
        self._redirection = Redirection(stdin, stdout, stderr, capture_output)
        self.program = compile(
            program,
            parameters=parameters,
            map_entries=map_entries,
            stack_entries=stack_entries,
            ring_size=ring_size,
            backend=backend,
            via=via,
            only_target=True if pid is not None else None,
        )
        if not unsafe:
            with explained(self.program.source):
                refuse_unsafe(self.program.artifact)
        self._recorder = Recorder()
        self._live = Live(self.program, self._recorder, catch, waiting)
        self._entered = False
        self._result: Result | None = None

    def __enter__(self) -> Self:
        """Attach, run BEGIN, count, start the command. Raises HostError or UsageError, and leaves nothing then."""
        if self._entered:
            raise RuntimeError("a Trace runs once: make another one")
        self._entered = True
        try:
            with explained(self.program.source):
                self._live.open(self._words, self._pid, self._redirection, self._owner)
        except BaseException:
            self._live.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with explained(self.program.source):
                self._live.finish()
                result = self._live.result()
        finally:
            self._live.close()
        self._result = replace(result, stdout=self._redirection.stdout, stderr=self._redirection.stderr)

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Events as they come, for so many seconds from now; None: until the run is over.

        Ends early when the script calls `exit()`, the command ends, or `stop` is called; what was printed until then,
        by END too, comes first. Every event is given out once, so it can be called again to go on.
        """
        return self._events(self._deadline(timeout))

    def _events(self, deadline: float) -> Iterator[Event]:
        with explained(self.program.source):
            for _ in self._live.turns(deadline):
                for number, event in enumerate(self._recorder.take()):
                    yield event
                    if not number % _PULL:
                        self._live.pull()

    def wait(self, timeout: float | None = None) -> bool:
        """Let it run for so many seconds (None: until the run is over); events are kept for `events`.

        Whether the run is over: the script has called `exit()`, the command has ended, or `stop` was called.
        """
        with explained(self.program.source):
            for _ in self._live.turns(self._deadline(timeout)):
                pass
        return self._live.finished

    def stop(self) -> None:
        """Count no more, on all probes at once; run END, and take the probes out. Maps can still be read.

        May be called from any thread and from a signal handler.
        """
        with explained(self.program.source):
            self._live.finish()
            self._live.detach()

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        with explained(self.program.source):
            self._live.glance()
        return self._live.finished

    @property
    def maps(self) -> Maps:
        """The maps by name, each read out of the kernel when it is asked for; after the block, as they were last."""
        return Maps(self._live.names, self._map)

    def _map(self, name: str) -> Map[Any]:
        found = self._live.map(name)
        return self.result.maps[name] if found is None else found

    @property
    def losses(self) -> list[Loss]:
        """What was lost so far, by place; complete once the run is over."""
        found = self._live.losses()
        return self.result.losses if found is None else found

    @property
    def status(self) -> int | None:
        """What the script gave to `exit()`, 0 without one; None as long as it runs."""
        run = self._live.run
        if run is None:
            return self._result.status if self._result else None
        return (run.events.status or 0) if self.ended else None

    @property
    def result(self) -> Result:
        """All of it, after the block; RuntimeError before. Its events are those that `events` has not given out."""
        if self._result is None:
            raise RuntimeError("there is a result only after the `with` block of a Trace")
        return self._result

    def _deadline(self, timeout: float | None) -> float:
        if not self._entered:
            raise RuntimeError("a Trace is at work only in a `with` block")
        return float("inf") if timeout is None else time.monotonic() + timeout

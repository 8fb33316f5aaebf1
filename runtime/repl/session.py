"""What the prompt knows from one input to the next: settings, the last program, and what it found."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ...grammar.diagnostic import Diagnostic, UsageError
from ..api.program import Program, compile
from ..api.result import Result
from ..api.stdio import Stream
from ..api.trace import Trace
from ..arguments import Invocation
from ..results import MapResult
from .follow import Follower
from .offer import Offer
from .probe_index import ProbeIndex
from .screen import Screen

_DEVNULL = -3
"""What `subprocess` and `runtime/api/stdio.py` call the null device: the prompt reads the terminal, no command does."""

Prepare = Callable[[Stream], Trace]
"""Makes the trace; the stream is where the traced command's output goes, None for the session's own."""


class Watcher(Protocol):
    """Shows a program at work."""

    def watch(self, session: "Session", prepare: Prepare) -> tuple[Follower, Result]:
        """From before its start until it is over, or the person has seen enough."""


class Session:
    """One visit to the prompt. `status` is that of the last thing that went wrong, else of the last `exit(N)`."""

    def __init__(self, settings: Invocation, screen: Screen, index: ProbeIndex, watcher: Watcher) -> None:
        self.settings, self.screen, self.index = settings, screen, index
        self._watcher = watcher
        self.program: Program | None = None
        self.result: Result | None = None
        self.offers: dict[str, Offer] = {}
        self.status = 0
        self.leaving = False

    def compiled(self, text: str | Path, parameters: Sequence[str] = ()) -> Program:
        """A program with the session's settings; raises CompileError, HostError or UsageError."""
        settings = self.settings
        return compile(
            text,
            parameters=parameters,
            map_entries=settings.map_entries,
            stack_entries=settings.stack_entries,
            ring_size=settings.ring_size,
            backend=settings.backend,
            via=settings.via,
            only_target=settings.pid != 0,
        )

    def run(self, text: str | Path, parameters: Sequence[str] = (), command: Sequence[str] = ()) -> None:
        """Compile, watch, show what came of it; the result stays. Raises CompileError, HostError or UsageError."""
        settings = self.settings
        self.start(self.compiled(text, parameters), command or settings.command)

    def start(self, program: Program, command: Sequence[str]) -> None:
        """Run what is compiled."""
        pid = self.settings.pid or None
        if pid and not os.path.exists(f"/proc/{pid}"):
            help = "`:set pid off` forgets it"
            raise UsageError(Diagnostic("no-such-process", f"there is no process {pid}", help=help))
        self.program = program

        def prepare(output: Stream) -> Trace:
            return Trace(
                program,
                command=command or None,
                pid=None if command else pid,
                unsafe=self.settings.unsafe,
                stdin=_DEVNULL if command else None,
                stdout=output,
                stderr=output,
            )

        follower, result = self._watcher.watch(self, prepare)
        self.result = result
        self.status = result.status or self.status
        follower.finish(result, self.settings.quiet, self.shorten)
        self.screen.stream.flush()

    def shorten(self, result: MapResult) -> MapResult:
        """A map as large as the screen: its largest rows. All of it is shown by `:print`."""
        rows = self.screen.rows
        return replace(result, rows=result.rows[-rows:]) if rows else result

    def found(self) -> Result:
        """The last result; raises UsageError where nothing has run yet."""
        if self.result is None:
            help = "type a clause, as in `kprobe:SyS_read { @[comm].count() }`"
            raise UsageError(Diagnostic("nothing-yet", "nothing has run yet", help=help))
        return self.result

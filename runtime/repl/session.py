"""What the prompt knows from one input to the next: settings, the last program, and what it found."""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ...grammar.diagnostic import Diagnostic, UsageError
from ..arguments import Invocation
from .screen import Screen

if TYPE_CHECKING:
    from ..api.live import Catch
    from ..api.program import Program
    from ..api.result import Result
    from ..api.stdio import Stream
    from ..api.trace import Trace
    from .follow import Follower
    from .offer import Offer
    from .probe_index import ProbeIndex

_DEVNULL = -3
"""What `subprocess` and `runtime/api/stdio.py` call the null device: the prompt reads the terminal, no command does."""


class Prepare(Protocol):
    """Compiles, and makes the trace; the stream is where the command's output goes, None for the session's own.

    `catch` is that of the trace.
    """

    def __call__(self, output: "Stream", catch: "Catch | None" = None) -> "Trace":
        """Not entered yet."""


class Watcher(Protocol):
    """Shows a program at work."""

    def watch(self, session: "Session", title: str, prepare: Prepare) -> "tuple[Follower, Result]":
        """From before it is compiled until it is over, or the person has seen enough; raises what `prepare` does.

        Raises KeyboardInterrupt where the person has seen enough before it began. `title` says what it is.
        """


class Session:
    """One visit to the prompt. `status` is that of the last thing that went wrong, else of the last `exit(N)`."""

    def __init__(self, settings: Invocation, screen: Screen, watcher: Watcher) -> None:
        self.settings, self.screen = settings, screen
        self._watcher = watcher
        self.program: Program | None = None
        self.result: Result | None = None
        self.offers: dict[str, Offer] = {}
        self.status = 0
        self.leaving = False

    @cached_property
    def index(self) -> "ProbeIndex":
        """The probes of this machine."""
        from ..host import LiveHost
        from .probe_index import ProbeIndex

        return ProbeIndex(LiveHost())

    def compiled(self, text: str | Path, parameters: Sequence[str] = ()) -> "Program":
        """A program with the session's settings; raises CompileError, HostError or UsageError."""
        from ..api.program import compile  # with the compiler: what the first prompt does not wait for

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
        self._run(str(text), lambda: self.compiled(text, parameters), command or self.settings.command)

    def run_again(self, program: "Program", command: Sequence[str]) -> None:
        """Run what is compiled."""
        self._run(program.text, lambda: program, command)

    def _run(self, title: str, compiled: "Callable[[], Program]", command: Sequence[str]) -> None:
        pid = self.settings.pid or None
        if pid and not os.path.exists(f"/proc/{pid}"):
            help = "`:set pid off` forgets it"
            raise UsageError(Diagnostic("no-such-process", f"there is no process {pid}", help=help))

        def prepare(output: "Stream", catch: "Catch | None" = None) -> "Trace":
            from ..api.trace import Trace
            from ..backlog import FOR_PEOPLE
            from ..output import check
            from ..owner import invoking_user
            from ..tracer import shown_maps

            program = compiled()
            check(self.settings.format, shown_maps(program.artifact))
            self.program = program
            return Trace(
                program,
                command=command or None,
                pid=None if command else pid,
                unsafe=self.settings.unsafe,
                stdin=_DEVNULL if command else None,
                stdout=output,
                stderr=output,
                owner=None if self.settings.as_root or not command else invoking_user(),
                catch=catch,
                waiting=FOR_PEOPLE,
            )

        follower, result = self._watcher.watch(self, title, prepare)
        self.result = result
        self.status = result.status or self.status
        follower.finish(result, self.settings.quiet, self.settings.top or self.screen.rows)
        self.screen.stream.flush()

    def found(self) -> "Result":
        """The last result; raises UsageError where nothing has run yet."""
        if self.result is None:
            help = "type a clause, as in `kprobe:SyS_read { @[comm].count() }`"
            raise UsageError(Diagnostic("nothing-yet", "nothing has run yet", help=help))
        return self.result

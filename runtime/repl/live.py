"""A program at work on a terminal: what it prints scrolls, its maps are redrawn below that, a bar says how it goes.

The program runs in a thread of its own, which reads maps as well; this one draws and listens to keys. Neither waits
for the other, but where more is printed than a terminal takes, printing waits, and the kernel counts what is lost.
"""

import sys
import time
from asyncio import Event as Signal
from asyncio import get_running_loop, sleep
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from threading import Event, Thread

from prompt_toolkit import Application
from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window

from ...grammar.diagnostic import UsageError
from ..api.result import Result
from ..api.trace import Trace
from ..output import create
from ..output.protocol import Settings
from ..results import MapResult
from ..signals import Caught
from .board import bar, board, counted
from .follow import Follower
from .piped import PipedOutput
from .session import Prepare, Session
from .spool import LineStream, Spool
from .style import STYLE

_TURN = 0.1
"""Seconds until Ctrl-C is noticed, and between two times that what was printed is shown."""
_PAUSE = 0.1
"""Seconds that the terminal has for itself after each piece of what was printed."""
_LOOK = 0.3
"""Seconds between two looks at the maps, where they are small."""
_PART = 0.1
"""The part of the time that may go into reading maps."""
_SPAN = 2.0
"""Seconds over which the rate of events is taken."""


class LiveWatcher:
    """For a terminal on which the cursor can move."""

    def watch(self, session: Session, title: str, prepare: Prepare) -> tuple[Follower, Result]:
        """Until the program is over, or Ctrl-C."""
        piped = PipedOutput()
        try:
            return _View(session, title, prepare, piped).run()
        finally:
            piped.close()


class _View:
    """One program at work."""

    def __init__(self, session: Session, title: str, prepare: Prepare, piped: PipedOutput) -> None:
        self._session, self._title, self._prepare, self._piped = session, title, prepare, piped
        self._trace: Trace | None = None
        self._spool = Spool(self._news)
        self._stream = LineStream(self._spool.put)
        settings = session.screen.settings(session.settings.ascii, self._stream)
        self._output = create(session.settings.format, self._stream, settings)
        self._stopping = Event()
        self._follower: Follower | None = None
        self._maps: Sequence[MapResult] = ()
        self._rate = _Rate()
        self._error: BaseException | None = None
        self._caught: Caught | None = None
        self._app: Application[None] = Application(
            layout=Layout(HSplit([self._window(self._board), self._window(self._bar)])),
            key_bindings=self._keys(),
            style=STYLE,
            erase_when_done=True,
        )
        self._thread = Thread(target=self._work, name="trace")

    @staticmethod
    def _window(draw: Callable[[], StyleAndTextTuples]) -> Window:
        return Window(FormattedTextControl(draw, focusable=True, show_cursor=False), dont_extend_height=True)

    def run(self) -> tuple[Follower, Result]:
        """Draw until it is over; raises what the program's thread has met with."""
        try:
            self._app.run(pre_run=self._start, handle_sigint=False)  # Ctrl-C is a key here
        finally:
            self._stopping.set()
            self._spool.close()
            if self._thread.ident is not None:
                self._thread.join()
            if self._caught is not None:
                self._caught.close()
            self._stream.hand = _write
            _write(self._spool.take())
            self._stream.finish()
            sys.stdout.flush()
        if self._error is not None:
            raise self._error
        if self._trace is None or self._follower is None:
            raise KeyboardInterrupt
        return self._follower, self._trace.result

    # ---- the program's thread

    def _work(self) -> None:
        try:
            trace = self._trace = self._prepare(self._piped.writer, self._catch)
            if not self._stopping.is_set():
                with trace:
                    self._follow(trace)
                self._stream.write(self._piped.read(to_its_end=True))
        except BaseException as error:  # raised again in `run`, by the thread that has a person to tell
            self._error = error
        finally:
            self._call(self._end)

    def _follow(self, trace: Trace) -> None:
        follower = self._follower = Follower(trace, self._output, self._session.settings.timeout)
        next_look = 0.0
        while follower.turn(_TURN, self._stopping.is_set):
            self._stream.write(self._piped.read())
            self._stream.flush()
            now = time.monotonic()
            if now >= next_look:
                self._look(trace, follower)
                next_look = now + max(_LOOK, (time.monotonic() - now) / _PART)

    def _look(self, trace: Trace, follower: Follower) -> None:
        self._maps = [found.result for found in trace.maps.values()]
        counts = [count for count in (follower.printed, *counted(self._maps)) if count]
        self._rate.add(follower.seconds, sum(counts), "events" if len(counts) == 1 else "updates")
        self._app.invalidate()

    def _catch(self, numbers: Collection[int]) -> Caught:
        """Only the terminal's thread can; it has nothing better to do, unless it is about to end this one."""
        done, problems = Event(), list[UsageError]()

        def catch() -> None:
            try:
                self._caught = Caught(numbers)
            except UsageError as error:
                problems.append(error)
            done.set()

        self._call(catch)
        while not done.wait(_TURN):
            if self._stopping.is_set():
                raise KeyboardInterrupt
        for problem in problems:
            raise problem
        assert self._caught is not None
        return self._caught

    def _news(self) -> None:
        self._call(self._printed.set)

    def _call(self, what: Callable[[], None]) -> None:
        """Have the terminal's thread do it, unless that has left already: SIGTERM ends it at any time."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)

    # ---- the terminal's thread

    def _start(self) -> None:
        self._loop = get_running_loop()
        self._printed = Signal()
        self._app.create_background_task(self._print())
        self._thread.start()

    async def _print(self) -> None:
        """Show what was printed above what is drawn."""
        while True:
            await self._printed.wait()
            self._printed.clear()
            text = self._spool.take()
            if text:
                await run_in_terminal(partial(_write, text))
            await sleep(_PAUSE)

    def _end(self) -> None:
        if self._app.future is not None and not self._app.future.done():
            self._app.exit()

    def _keys(self) -> KeyBindings:
        bindings = KeyBindings()

        @bindings.add("c-c")
        @bindings.add("c-d")
        @bindings.add("q")
        def _stop(event: KeyPressEvent) -> None:
            self._stopping.set()
            self._spool.close()

        return bindings

    def _board(self) -> StyleAndTextTuples:
        lines = board(self._maps, max(1, self._app.output.get_size().rows - 2), self._settings())
        if not lines and self._follower is not None and not self._follower.printed:
            lines = ["no event yet"]
        pieces: StyleAndTextTuples = []
        for number, line in enumerate(lines):
            pieces.append(("class:title" if line.startswith("@") else "", "\n" * (number > 0) + line))
        return pieces

    def _settings(self) -> Settings:
        """For the terminal as wide as it is now."""
        settings = self._session.screen.settings(self._session.settings.ascii)
        return settings._replace(width=self._app.output.get_size().columns)

    def _bar(self) -> StyleAndTextTuples:
        follower = self._follower
        if follower is None:
            facts = ["compiling" if self._trace is None else "attaching"]
        else:
            lost = f"{follower.lost:,} lost" if follower.lost else "nothing lost"
            facts = [f"{follower.seconds:.0f} s", *self._rate.facts(), lost]
        facts.append("stopping" if self._stopping.is_set() else "Ctrl-C stops")
        return [("class:bar", bar(self._title, facts, self._settings()))]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class _Rate:
    """How many a second, over the last seconds: events where one place counts them, else what all places count."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = [(0.0, 0)]
        self._what, self._last, self._total = "", 0, 0

    def add(self, seconds: float, events: int, what: str) -> None:
        """So many of these at this time."""
        self._what = what
        self._total += events - self._last if events >= self._last else events  # a map that was cleared began anew
        self._last = events
        self._seen = [(at, count) for at, count in self._seen if at >= seconds - _SPAN] or self._seen[-1:]
        self._seen.append((seconds, self._total))

    def facts(self) -> list[str]:
        """Nothing, where nothing counts events."""
        (start, before), (end, now) = self._seen[0], self._seen[-1]
        if not now or end <= start:
            return []
        return [f"{(now - before) / (end - start):,.0f} {self._what}/s"]

"""The prompt on a terminal, by prompt_toolkit: imported here and nowhere else but in `runtime/repl`.

What takes long (the parser, the lists of probes) is made ready by threads, while the person reads and types.
"""

import signal
import sys
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.shortcuts import CompleteStyle

from ..arguments import Invocation
from ..kernel import libbpf
from ..output import adapt
from .dispatch import submit
from .editing import Colours, Names, keys
from .history import GuardedHistory, history_folder
from .screen import Screen
from .session import Prepare, Session
from .style import STYLE

if TYPE_CHECKING:
    from ..api.result import Result
    from .follow import Follower

_GREETING = "A clause runs, as in `kprobe:SyS_read { @[comm].count() }`; `:help` says more."


class _Leave(SystemExit):
    """SIGTERM: the terminal is put back in order on the way out. Of all others, asyncio's callbacks would drop it."""


class _Interrupts:
    """SIGINT as KeyboardInterrupt where that is `allowed`: while a command prints, say.

    While prompt_toolkit reads keys, Ctrl-C is one of them; just before and after that, it would cut asyncio in two.
    """

    def __init__(self) -> None:
        self.allowed = False

    def come(self, number: int, frame: FrameType | None) -> None:
        """The signal's handler. What C code calls in the middle of its work (libbpf's messages) is left in peace."""
        if self.allowed and (frame is None or frame.f_globals.get("__name__") != libbpf.__name__):
            self.allowed = False
            raise KeyboardInterrupt


class _Live:
    """The watcher, which comes with all that a run needs: what the first prompt does not wait for."""

    def __init__(self, interrupts: _Interrupts) -> None:
        self._interrupts = interrupts

    def watch(self, session: Session, title: str, prepare: Prepare) -> "tuple[Follower, Result]":
        """See `LiveWatcher`."""
        self._interrupts.allowed = False
        from .live import LiveWatcher

        result = LiveWatcher().watch(session, title, prepare)
        self._interrupts.allowed = True
        return result


def interact(settings: Invocation) -> int:
    """Until the person leaves; the exit status is 0, whatever went wrong on the way: it was shown and seen."""
    adapt(sys.stdout)
    interrupts = _Interrupts()
    session = Session(settings, Screen(sys.stdout, sys.stdout), _Live(interrupts))
    ready = Event()
    prompt: PromptSession[str] = PromptSession(
        [("class:prompt", "ply> ")],
        prompt_continuation=_continuation,
        multiline=True,
        lexer=Colours(ready.is_set),
        completer=Names(session),
        complete_in_thread=True,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        auto_suggest=AutoSuggestFromHistory() if session.screen.colour else None,  # else it looks like what was typed
        search_ignore_case=True,
        history=GuardedHistory(history_folder()),
        key_bindings=keys(),
        style=STYLE,
        reserve_space_for_menu=7,
    )

    def prepare() -> None:
        from ...compiler.registry import backend
        from . import complete, live, paint  # noqa: F401

        paint.paint(" ")
        ready.set()
        complete.choices(session, "BEGIN { x = ")  # reads the registries
        prompt.app.invalidate()
        session.index.fill().join()
        backend(settings.backend)  # LLVM takes long to import

    signal.signal(signal.SIGINT, interrupts.come)
    signal.signal(signal.SIGTERM, _leave)
    preparing = Thread(target=prepare, name="prepare", daemon=True)
    session.screen.say(_GREETING)
    try:
        _converse(session, prompt, preparing, interrupts)
    except _Leave:
        return 128 + signal.SIGTERM
    return 0


def _continuation(width: int, line: int, wrapped: int) -> AnyFormattedText:
    """Before further lines; a line that goes on only because the terminal is narrow has nothing there."""
    return [("class:prompt", " " * width if wrapped else "...> ")]


def _leave(number: int, frame: FrameType | None) -> None:
    raise _Leave


def _converse(session: Session, prompt: PromptSession[str], preparing: Thread, interrupts: _Interrupts) -> None:
    while not session.leaving:
        try:
            text = prompt.prompt(pre_run=None if preparing.ident else preparing.start, handle_sigint=False)
            interrupts.allowed = True
            submit(session, text.rstrip())
            sys.stdout.flush()
            interrupts.allowed = False
        except KeyboardInterrupt:
            interrupts.allowed = False
        except (EOFError, BrokenPipeError):
            return

"""The prompt on a terminal, by prompt_toolkit: imported here and nowhere else but in `runtime/repl`.

What takes long (the parser, the lists of probes) is made ready by threads, while the person reads and types.
"""

import signal
import sys
from threading import Event, Thread
from types import FrameType

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.shortcuts import CompleteStyle

from ..arguments import Invocation
from .dispatch import submit
from .editing import Colours, Names, keys
from .history import GuardedHistory, history_folder
from .live import LiveWatcher
from .probe_index import ProbeIndex
from .screen import Screen
from .session import Session
from .style import STYLE

_GREETING = "A clause runs, as in `kprobe:SyS_read { @[comm].count() }`; `:help` says more."


class _Leave(BaseException):
    """SIGTERM: the terminal is put back in order on the way out."""


def interact(settings: Invocation, index: ProbeIndex) -> int:
    """Until the person leaves; the exit status is 0, whatever went wrong on the way: it was shown and seen."""
    session = Session(settings, Screen(), index, LiveWatcher())
    ready = Event()
    prompt: PromptSession[str] = PromptSession(
        [("class:prompt", "ply> ")],
        prompt_continuation=[("class:prompt", "...> ")],
        multiline=True,
        lexer=Colours(ready.is_set),
        completer=Names(session),
        complete_in_thread=True,
        complete_while_typing=True,
        complete_style=CompleteStyle.COLUMN,
        auto_suggest=AutoSuggestFromHistory(),
        history=GuardedHistory(history_folder()),
        key_bindings=keys(),
        style=STYLE,
        reserve_space_for_menu=7,
    )

    def prepare() -> None:
        from ...grammar.parser import parse_partly

        parse_partly("")
        ready.set()
        prompt.app.invalidate()
        index.fill()

    signal.signal(signal.SIGTERM, _leave)
    Thread(target=prepare, name="prepare", daemon=True).start()
    session.screen.say(_GREETING)
    try:
        _converse(session, prompt)
    except _Leave:
        return 128 + signal.SIGTERM
    return 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise _Leave


def _converse(session: Session, prompt: PromptSession[str]) -> None:
    while not session.leaving:
        try:
            text = prompt.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        try:
            submit(session, text.rstrip())
        except BrokenPipeError:
            return
        sys.stdout.flush()

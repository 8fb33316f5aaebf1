"""The prompt without a terminal that can move its cursor: input from a pipe, or TERM=dumb. Line by line, in order.

    echo 'BEGIN { printf("hello\\n"); exit() }' | ply

A program that is not finished goes on in the next line. It runs to its end before the next line is read.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from ..api.result import Result
from ..api.trace import Trace
from ..output import create
from .dispatch import submit
from .follow import Follower
from .session import Prepare, Session
from .text import is_finished

_TURN = 0.1
"""Seconds between two times that what was printed is made seen."""


class PlainWatcher:
    """Prints as it comes; Ctrl-C and SIGTERM end the program, and nothing else."""

    def watch(self, session: Session, title: str, prepare: Prepare) -> tuple[Follower, Result]:
        """Until the program is over."""
        screen, settings = session.screen, session.settings
        output = create(settings.format, screen.stream, screen.settings(settings.ascii))
        trace = prepare(None)
        with trace:
            follower = Follower(trace, output, settings.timeout)
            with _stopped_by_signals(trace) as caught:
                while follower.turn(_TURN, lambda: bool(caught)):
                    pass
        session.leaving = session.leaving or signal.SIGTERM in caught
        return follower, trace.result


@contextmanager
def _stopped_by_signals(trace: Trace) -> Iterator[list[int]]:
    """The signals that came."""
    caught: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        trace.stop()

    kept = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def read_lines(session: Session, stream: TextIO) -> bool:
    """Do all that a stream says; whether it said anything. Ctrl-C ends that, unless a person is asked for more."""
    asking, text, anything = stream.isatty(), "", False
    while not session.leaving:
        line = _line(stream, ("...> " if text else "ply> ") if asking else "")
        if line is None and not asking:
            break
        if line is None:
            text = ""
            continue
        anything = anything or bool(line)
        text += line
        if not line or (is_finished(text) and not text.isspace()):
            submit(session, text.strip("\n"))
            text = ""
        if not line:
            break
    return anything


def _line(stream: TextIO, prompt: str) -> str | None:
    """The next line, empty at the end of the stream; None where it was interrupted."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    try:
        return stream.readline()
    except KeyboardInterrupt:
        print()
        return None

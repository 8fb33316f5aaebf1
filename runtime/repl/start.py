"""`ply` without a program: the prompt on a terminal, or lines from a pipe."""

import os
import signal
import sys

from ..arguments import Invocation
from ..host import LiveHost
from .plain import PlainWatcher, read_lines
from .probe_index import ProbeIndex
from .screen import Screen
from .session import Session


def start(settings: Invocation) -> int | None:
    """Until the person leaves or the input ends; the exit status, None where a pipe had nothing in it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    index = ProbeIndex(LiveHost())
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from .interactive import interact

        return interact(settings, index)
    session = Session(settings, Screen(), index, PlainWatcher())
    said = read_lines(session, sys.stdin)
    return session.status if said or sys.stdin.isatty() else None

"""`ply` without a program: the prompt on a terminal, or lines from a pipe."""

import os
import signal
import sys

from ..arguments import Invocation


def start(settings: Invocation) -> int | None:
    """Until the person leaves or the input ends; the exit status, None where a pipe had nothing in it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from .interactive import interact

        return interact(settings)
    from .plain import PlainWatcher, read_lines
    from .screen import Screen
    from .session import Session

    session = Session(settings, Screen(), PlainWatcher())
    said = read_lines(session, sys.stdin)
    return session.status if said or sys.stdin.isatty() else None

"""The console script's first step: from here on Ctrl-C ends the command at once, status 0, without a traceback.

While modules are imported and a script is compiled there is nothing to print and nothing in the kernel to take out;
`session.py` catches signals in its own way for as long as a run lasts.
"""

import os
import signal
from types import FrameType

from . import inherited


def _leave(number: int, frame: FrameType | None) -> None:
    # Not an exception: Python drops those that come up in finalizers and callbacks.
    os._exit(0)


def entry() -> None:
    """The command `ply`."""
    if signal.signal(signal.SIGINT, _leave) is signal.SIG_IGN:
        inherited.ignored.add(signal.SIGINT)
    from .cli import entry as command

    command()

"""quit: leave the prompt; so does Ctrl-D.

:quit
"""

from ..repl.session import Session
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    session.leaving = True


COMMAND = ReplCommand("quit", _run, aliases=("exit",))

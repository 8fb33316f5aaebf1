"""What commands that look at a program share: the one that was typed behind them, else the last one that ran."""

from ...grammar.diagnostic import Diagnostic, UsageError
from ..api.program import Program
from ..repl.session import Session
from ..repl.text import split


def program_meant(session: Session, text: str) -> Program:
    """Compiled with the session's settings; raises UsageError where there is none, CompileError, and HostError."""
    if text:
        return session.compiled(split(text)[0])
    if session.program is None:
        help = "put a clause behind the command, or run one first"
        raise UsageError(Diagnostic("nothing-yet", "nothing has run yet", help=help))
    return session.program

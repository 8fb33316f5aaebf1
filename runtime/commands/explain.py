"""explain [CLAUSE]: where the kernel would run a clause (or the last program), and why there and not elsewhere.

:explain kprobe:SyS_read { @.count() }
"""

from ..repl.session import Session
from ._programs import program_meant
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    session.screen.say(program_meant(session, call.text).emit("probes").rstrip("\n"))


COMMAND = ReplCommand("explain", _run)

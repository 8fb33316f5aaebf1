"""explain [CLAUSE]: where the kernel would run a clause (or the last program), why there, how large and how often.

:explain kprobe:SyS_read { @.count() }
"""

from ..explain import explain
from ..repl.session import Session
from ._programs import program_meant
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    program = program_meant(session, call.text)
    explain(program.source, program.options, session.screen.stream)


COMMAND = ReplCommand("explain", _run)

"""save FILE: the last program as a script, which `ply FILE` and `:run FILE` run; `:save! FILE` replaces a file.

:save reads.ply
"""

from ...grammar.diagnostic import Diagnostic, UsageError
from ..repl.session import Session
from ._files import file_choices, write_file
from .protocol import Call, ReplCommand

_SHEBANG = "#!/usr/bin/env ply\n"


def _run(session: Session, call: Call) -> None:
    path = call.one("the file", ":save reads.ply")
    if session.program is None:
        raise UsageError(Diagnostic("nothing-yet", "there is no program to save", help="run one first"))
    text = session.program.text.rstrip("\n") + "\n"
    start = "" if text.startswith("#!") else _SHEBANG
    session.screen.say(f"saved as {write_file(path, start + text, call.force, 0o777)}")


COMMAND = ReplCommand("save", _run, file_choices)

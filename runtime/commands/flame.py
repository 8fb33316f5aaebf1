"""flame FILE: the stacks that the last program counted, as a flame graph; `:flame! FILE` replaces a file.

:flame on-cpu.svg
"""

from ...grammar.diagnostic import Diagnostic, UsageError
from ..output import formats
from ..repl.session import Session
from ._files import file_choices, write_file
from .protocol import Call, ReplCommand

_FORMAT = "flamegraph"


def _run(session: Session, call: Call) -> None:
    path = call.one("the file", ":flame on-cpu.svg")
    result = session.found()
    if _FORMAT not in formats():
        help = "`:export folded FILE` writes the stacks as flamegraph.pl and its like read them"
        raise UsageError(Diagnostic("unknown-format", "this ply draws no flame graphs", help=help))
    session.screen.say(f"drawn into {write_file(path, result.render(_FORMAT), call.force)}")


COMMAND = ReplCommand("flame", _run, file_choices)

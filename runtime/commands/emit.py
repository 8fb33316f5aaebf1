"""emit STAGE [CLAUSE]: what a stage of the compiler makes of a clause, or of the last program: `probes`, `llvm`, ...

:emit asm kprobe:SyS_read { @.count() }
"""

from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ..emit import stage_names
from ..repl.choice import Choice
from ..repl.session import Session
from ._programs import program_meant
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    stage, _, text = call.text.partition(" ")
    if not stage:
        help = f"there are {', '.join(stage_names())}"
        raise UsageError(Diagnostic("argument-count", "the stage is missing", help=help))
    session.screen.say(program_meant(session, text.strip()).emit(stage).rstrip("\n"))


def _choices(session: Session, text: str) -> Iterator[Choice]:
    return (Choice(name, len(text)) for name in stage_names() if name.startswith(text))


COMMAND = ReplCommand("emit", _run, _choices)

"""fields PROBE: what a probe offers: its fields with their types, its arguments, and the builtins that it knows.

:fields tracepoint:sched:sched_switch
"""

from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ..repl.choice import Choice
from ..repl.offer import offered
from ..repl.session import Session
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    if not call.text:
        example = "as in `:fields tracepoint:sched:sched_switch`"
        raise UsageError(Diagnostic("argument-count", "the probe is missing", help=example))
    found = offered(call.text, session.index.host)
    width = max((len(kind) for _, kind, _ in found.fields), default=0)
    for name, kind, argument in found.fields:
        session.screen.say(f"{kind:<{width}}  args.{name}" + (f", arg{argument}" if argument >= 0 else ""))
    session.screen.say(f"builtins that need a probe like this: {', '.join(found.builtins)}")


def _choices(session: Session, text: str) -> Iterator[Choice]:
    return (Choice(probe, len(text), fields) for probe, fields in session.index.matching(text))


COMMAND = ReplCommand("fields", _run, _choices)

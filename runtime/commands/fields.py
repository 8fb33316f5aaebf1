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
    places = {name: place for name, _, place in found.arguments}
    lines = [(kind, f"args.{name}", places.pop(name, -1)) for name, kind, _ in found.fields]
    lines += [(kind, name, place) for name, kind, place in found.arguments if name in places]
    width = max((len(kind) for kind, _, _ in lines), default=0)
    names = max((len(name) for _, name, _ in lines), default=0)
    for kind, name, place in lines:
        session.screen.say(f"{kind:<{width}}  {name:<{names}}  {f'arg{place}' if place >= 0 else ''}".rstrip())
    session.screen.tell(f"builtins that need a probe like this: {', '.join(found.builtins)}", indent="    ")


def _choices(session: Session, text: str) -> Iterator[Choice]:
    return (Choice(probe, len(text), fields) for probe, fields in session.index.matching(text))


COMMAND = ReplCommand("fields", _run, _choices)

"""probes PATTERN: the probes that match, with what they offer: a part of a name, or a pattern with `*` and `?`.

:probes tracepoint:sched:*
"""

from collections.abc import Iterator
from itertools import islice

from ..lister import list_probes, none_found
from ..repl.choice import Choice
from ..repl.session import Session
from .protocol import Call, ReplCommand

_MOST = 500
"""Lines that anybody reads on a terminal."""


def _run(session: Session, call: Call) -> None:
    screen = session.screen
    found = list_probes(call.text.removesuffix("{").strip(), session.index.host)
    number = 0
    for probe, fields in islice(found, _MOST if screen.terminal else None):
        number += 1
        screen.stream.write(f"{probe}  {fields}\n" if fields else f"{probe}\n")
    rest = sum(1 for _ in found)
    if rest:
        screen.say(f"... and {rest} more: write more of the name")
    elif not number:
        screen.say(none_found(call.text, session.index.host))
    screen.stream.flush()


def _choices(session: Session, text: str) -> Iterator[Choice]:
    return (Choice(probe, len(text), fields) for probe, fields in session.index.matching(text))


COMMAND = ReplCommand("probes", _run, _choices)

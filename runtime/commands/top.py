"""top [N]: the N largest rows of every map of the last program, 10 where N is not given.

:top 20
"""

from ..repl.session import Session
from ._maps import count, show_map
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    rows = count(call.text or "10")
    shown = [found for found in session.found().maps.values() if found]
    for found in shown:
        show_map(session, found, rows)
    if not shown:
        session.screen.say("all maps are empty")


COMMAND = ReplCommand("top", _run)

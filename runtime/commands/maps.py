"""maps: the maps of the last program, with their keys, what they hold, and how many rows they have.

:maps
"""

from ..repl.session import Session
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    maps = session.found().maps
    lines = []
    for name, found in maps.items():
        keys = f"[{', '.join(found.key_names)}]" if found.key_names else ""
        lines.append((f"{name}{keys}", found.aggregation or "assigned", f"{len(found)} row{'s' * (len(found) != 1)}"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        session.screen.say("  ".join(cells).rstrip())
    if not lines:
        session.screen.say("the last program has no maps")


COMMAND = ReplCommand("maps", _run)

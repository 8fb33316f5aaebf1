"""What is seen of a program at work: its maps in a few lines, the largest rows of each, and how it goes in one line.

board((MapResult("@", ...),), 20, Settings())  ->  ["", "@:", "... 41 rows with less", "sh,   77:    3", ...]
"""

from collections.abc import Sequence
from io import StringIO

from ...compiler.values import Histogram, Percentiles, Stack, Stats
from ...grammar.excerpt import visible
from ...grammar.frozen import replace
from ..escape import columns
from ..output import create
from ..output.protocol import Settings
from ..results import MapResult

_LEAST = 4
"""Lines that a map needs to say anything."""


def board(maps: Sequence[MapResult], lines: int, settings: Settings) -> list[str]:
    """All maps that are not empty, in `lines` lines: where they do not fit, each gets its share of them."""
    wanted = {found.name: _drawn(found, lines, settings) for found in maps if found.rows}
    left, result = lines, {}
    for place, name in enumerate(sorted(wanted, key=lambda name: len(wanted[name]))):  # what the small ones leave
        share = max(_LEAST, left // (len(wanted) - place) - 1)
        fits = len(wanted[name]) <= share
        result[name] = wanted[name] if fits else _drawn(_of(maps, name), share, settings)
        left -= len(result[name]) + 1
    drawn = [line for name in wanted for line in ("", *result[name])]
    return [_cut(line, settings) for line in drawn[:lines]]


def _of(maps: Sequence[MapResult], name: str) -> MapResult:
    return next(found for found in maps if found.name == name)


def _drawn(found: MapResult, lines: int, settings: Settings) -> list[str]:
    """Header and rows; of too many lines the last ones, where the largest rows are."""
    stream = StringIO()
    create("text", stream, settings).map(replace(found, rows=found.rows[-lines:]))
    header, *rows = stream.getvalue().strip("\n").split("\n")
    if len(found.rows) <= lines and len(rows) < lines:
        return [header, *rows]
    rows = rows[-max(1, lines - 2) :]
    tall = any(isinstance(part, Histogram | Stack) for part in (*found.rows[-1].key, found.rows[-1].value))
    more = "more above" if tall else f"{len(found.rows) - len(rows)} rows with less"
    return [header, f"... {more}", *rows]


def _cut(line: str, settings: Settings) -> str:
    """As much of it as fits into one line of the terminal."""
    if columns(line) <= settings.width:
        return line
    while line and columns(line) >= settings.width:
        line = line[:-1]
    return f"{line}{'~' if settings.ascii else '…'}" if settings.width > 1 else ""


def counted(maps: Sequence[MapResult]) -> list[int]:
    """How many events each map has counted; none for maps that do not tell, as what is summed or assigned."""
    return [total for total in map(_counted, maps) if total]


def _counted(found: MapResult) -> int:
    total = 0
    for row in found.rows:
        match row.value:
            case Histogram() | Percentiles() | Stats():
                total += row.value.count
            case int() if found.aggregation == "count":
                total += row.value
    return total


def bar(program: str, facts: Sequence[str], settings: Settings) -> str:
    """`kprobe:SyS_read { @.cou... | 12 s | 1,021 events/s | nothing lost | Ctrl-C stops`, as wide as the terminal."""
    between = " | " if settings.ascii else " │ "
    told = between.join(facts)
    text = visible(" ".join(program.split()))
    text = text.encode("ascii", "replace").decode() if settings.ascii else text
    room = settings.width - columns(told) - 5
    head = _cut(text, settings._replace(width=room)) if room >= 12 else ""
    line = f" {head}{between}{told}" if head else f" {told}"
    return _cut(line + " " * max(0, settings.width - columns(line)), settings)

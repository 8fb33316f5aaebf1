"""Maps for people who look at them in Python: one line, as `ply` draws them, or a table for a notebook."""

from io import StringIO

from ...compiler.values import Histogram, Stack, Value
from ..escape import escape
from ..results import MapResult, Row
from ..show import show

_BRIEF, _TABLE = 5, 50
_NUMBER = ' style="text-align: right"'


def brief(result: MapResult) -> str:
    """One line: `<Map @[comm] count: {'dd': 512, 'sh': 3, ... 7 more}>`, the largest first."""
    keys = f"[{', '.join(result.key_names)}]" if result.key_names else ""
    head = " ".join(part for part in (f"<Map {result.name}{keys}", result.aggregation) if part)
    if not result.rows:
        return f"{head}: empty>"
    if not result.key_names:
        return f"{head}: {_item(result.rows[0].value)}>"
    shown = [f"{_key(row)}: {_item(row.value)}" for row in reversed(result.rows[-_BRIEF:])]
    more = len(result.rows) - len(shown)
    return f"{head}: {{{', '.join([*shown, *([f'... {more} more'] if more else [])])}}}>"


def drawn(result: MapResult, width: int = 80) -> str:
    """As the command line prints it, escaped for a terminal, without the blank line before it."""
    from ..output.protocol import Settings
    from ..output.text import create

    if not result.rows:
        return f"{result.name}: empty"
    stream = StringIO()
    create(stream, Settings(width=width)).map(result)
    return stream.getvalue().strip("\n")


def html(result: MapResult) -> str:
    """A table of the 50 largest rows, largest first; what takes several lines (histograms, stacks) as it is drawn."""
    from html import escape as markup

    if any(isinstance(value, Histogram | Stack) for row in result.rows for value in (*row.key, row.value)):
        return f"<pre>{markup(drawn(result))}</pre>"
    heads = [*result.key_names, result.aggregation or "value"]
    lines = [_line("th", [(markup(escape(head)), False) for head in heads])]
    for row in reversed(result.rows[-_TABLE:]):
        cells = [
            (markup(show(key, escape, unit)), isinstance(key, int | float)) for key, unit in result.measured_keys(row)
        ]
        numeric = isinstance(row.value, int | float)
        value = show(row.value, escape, result.unit)
        lines.append(_line("td", [*cells, (markup(value), numeric)]))
    more = len(result.rows) - _TABLE
    rest = f"<p>... and {more} rows with smaller values</p>" if more > 0 else ""
    name = f"<caption>{markup(escape(result.name))}</caption>"
    return f"<table>{name}{''.join(lines)}</table>{rest}"


def _line(tag: str, cells: list[tuple[str, bool]]) -> str:
    """A row of a table; numbers stand to the right."""
    marked = (f"<{tag}{_NUMBER * number}>{text}</{tag}>" for text, number in cells)
    return f"<tr>{''.join(marked)}</tr>"


def _key(row: Row) -> str:
    shown = ", ".join(_item(value) for value in row.key)
    return shown if len(row.key) == 1 else f"({shown})"


def _item(value: Value) -> str:
    """A value within a line."""
    match value:
        case str() | bytes():
            return repr(value)
        case Stack(frames=frames):
            return f"<{frames[0].symbol or frames[0]}, {len(frames)} frames>" if frames else "<no frames>"
        case _:
            return show(value, escape)

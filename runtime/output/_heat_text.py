"""A heat map in a terminal: a line for each bucket, the highest first, a coloured cell for each column.

[1k, 2k) ░▒▓█
"""

from ...compiler.values import Histogram
from ..show import show
from ._heat import Grid, squeezed
from ._histogram import bucket_labels
from ._svg import heat

_SHADES = " .:-=+*#%@"
_COLOURS = (17, 18, 54, 90, 126, 162, 161, 197, 203, 209, 215, 221, 227, 229, 230, 231)
"""Of the 256 that terminals have, from few to many: blue, red, yellow, white."""
_PLAIN = "\x1b[0m"
_TICK = 12
_MOST_ROWS = 48


def heat_lines(grid: Grid, width: int, ascii_only: bool) -> list[str]:
    """The picture, at most `width` columns wide: rows, an axis, and what shades mean."""
    grid = squeezed(grid, max(1, len(grid.starts)), _MOST_ROWS)
    if not grid.most:
        return []
    labels = bucket_labels(Histogram(tuple(grid.bounds), grid.unit))
    margin = max(map(len, labels), default=0) + 1
    grid = squeezed(grid, max(8, width - margin), _MOST_ROWS)
    most = grid.most
    lines = []
    for row in reversed(range(len(grid.bounds))):
        cells = "".join(_cell(column[row], most, ascii_only) for column in grid.counts)
        lines.append(f"{labels[row]} {cells if ascii_only else cells + _PLAIN}".rstrip())
    scale = "".join(dict.fromkeys(_cell(count, most, ascii_only) for count in _examples(most)))
    key = f"{'1':>{margin - 1}} {scale}{'' if ascii_only else _PLAIN} {most}"
    return [*lines, *_axis(grid, margin, width - margin), key]


def _axis(grid: Grid, margin: int, room: int) -> list[str]:
    """Where columns begin, every so often, and what that is."""
    ticks = ""
    for column in range(0, len(grid.starts), _TICK):
        start = grid.starts[column]
        name = "|" + (show(start, str, grid.across_unit) if start else "0")
        if column + len(name) <= room:
            ticks = ticks.ljust(column) + name[:_TICK]
    return [" " * margin + ticks, *([" " * margin + grid.across] if grid.across else [])]


def _cell(count: int, most: int, ascii_only: bool) -> str:
    if ascii_only:
        return _SHADES[heat(count, most, len(_SHADES) - 1)]
    level = heat(count, most, len(_COLOURS))
    return f"\x1b[48;5;{_COLOURS[level - 1]}m " if level else f"{_PLAIN} "


def _examples(most: int) -> list[int]:
    """Counts from one to the most, evenly by how they look."""
    return sorted({round(most ** (step / 9)) for step in range(10)}) if most > 1 else [most]

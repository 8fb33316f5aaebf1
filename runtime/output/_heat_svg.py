"""A heat map as one SVG file without scripts: cells with tooltips, axes with units, a scale."""

from collections.abc import Iterator
from itertools import count

from ...compiler.values import Histogram
from ..escape import escape
from ..show import show
from ._heat import Grid, squeezed
from ._histogram import bucket_labels
from ._svg import MARGIN, WIDTH, Heading, colour, document, heat, part, xml

_HEAD, _FOOT = 84, 64
_LEVELS = 16
_MOST_COLUMNS, _MOST_ROWS = 600, 128
_GLYPH = 6.7


def heat_svg(grid: Grid, heading: Heading) -> str:
    """The file."""
    grid = squeezed(grid, _MOST_COLUMNS, _MOST_ROWS)
    labels = bucket_labels(Histogram(tuple(grid.bounds), grid.unit))
    left = MARGIN + max(map(len, labels), default=0) * _GLYPH + 8
    high = max(5, min(24, 480 // max(1, len(grid.bounds))))
    wide = (WIDTH - MARGIN - left) / max(1, len(grid.starts))
    bottom = _HEAD + high * len(grid.bounds)
    field = f'width="{WIDTH - MARGIN - left:.1f}" height="{bottom - _HEAD}"'
    body = [
        f'<rect class="field" x="{left:.1f}" y="{_HEAD}" {field}/>',
        *('<g class="cells">', *_cells(grid, labels, left, bottom, wide, high), "</g>"),
        *('<g class="number">', *_rows(labels, left, bottom, high), *_ticks(grid, left, bottom, wide), "</g>"),
        f'<text class="quiet" x="{left:.1f}" y="{bottom + 36}">{xml(escape(grid.across))}</text>',
        *(_scale(grid.most, bottom + 42) if grid.most else ()),
    ]
    return document(heading, bottom + _FOOT, f"{part('heatmap.css')}\n{_colours()}", body)


def _cells(grid: Grid, labels: list[str], left: float, bottom: int, wide: float, high: int) -> Iterator[str]:
    """A rectangle for each cell that is not empty, and what it is."""
    most = grid.most
    for number, column in enumerate(grid.counts):
        for row, times in enumerate(column):
            if times:
                bucket = labels[row].replace(" ", "").replace(",", ", ")
                tip = f"{_column(grid, number)}, {bucket}: {times:,}"
                yield (
                    f'<rect class="c{heat(times, most, _LEVELS)}" x="{left + number * wide:.2f}" '
                    f'y="{bottom - (row + 1) * high}" width="{max(0.5, wide - (0.6 if wide > 3 else 0)):.2f}" '
                    f'height="{high - (0.6 if high > 5 else 0):g}"><title>{xml(tip)}</title></rect>'
                )


def _column(grid: Grid, number: int) -> str:
    """What a column stands for: one number, or from one to another."""
    start = grid.starts[number]
    first = show(start, escape, grid.across_unit)
    if grid.step <= 1:
        return first
    return f"[{first}, {show(start + grid.step, escape, grid.across_unit)})"


def _rows(labels: list[str], left: float, bottom: int, high: int) -> Iterator[str]:
    """As many labels as there is room for."""
    each = -(-11 // high)
    for row in range(0, len(labels), each):
        y = bottom - row * high - high / 2 + 4
        yield f'<text x="{left - 8:.1f}" y="{y:.1f}" text-anchor="end" xml:space="preserve">{xml(labels[row])}</text>'


def _ticks(grid: Grid, left: float, bottom: int, wide: float) -> Iterator[str]:
    each = next(each for each in _round_numbers() if each * 12 >= len(grid.starts))
    for number in range(0, len(grid.starts), each):
        x = left + number * wide
        name = xml(show(grid.starts[number], escape, grid.across_unit)) if grid.starts[number] else "0"
        yield f'<text x="{x:.1f}" y="{bottom + 18}">{name}</text>'


def _round_numbers() -> Iterator[int]:
    """1, 2, 5, 10, 20, 50, ..."""
    return (digit * 10**zeros for zeros in count() for digit in (1, 2, 5))


def _scale(most: int, y: int) -> Iterator[str]:
    """What the colours mean: fewest to most."""
    at = WIDTH - MARGIN - _LEVELS * 14 - 60
    yield f'<text class="quiet" x="{at - 6}" y="{y + 11}" text-anchor="end">1</text>'
    for level in range(1, _LEVELS + 1):
        yield f'<rect class="c{level}" x="{at + (level - 1) * 14}" y="{y}" width="14" height="13"/>'
    yield f'<text class="quiet" x="{at + _LEVELS * 14 + 6}" y="{y + 11}">{most:,}</text>'


def _colours() -> str:
    """From pale to dark on light paper, from dark to bright on dark paper."""
    light, dark = [], []
    for level in range(1, _LEVELS + 1):
        share = (level - 1) / (_LEVELS - 1)
        light.append(f".c{level} {{ fill: {colour(52 - 60 * share, 92, 84 - 56 * share)}; }}")
        dark.append(f".c{level} {{ fill: {colour(270 + 150 * share, 75, 26 + 54 * share**1.5)}; }}")
    return "\n".join([*light, "@media (prefers-color-scheme: dark) {", *dark, "}"])

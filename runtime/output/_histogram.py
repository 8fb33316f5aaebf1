"""A histogram as rows: label, count, bar. Every bucket that is not empty has a bar, the fullest one fills its row.

[   0,    1)       3 ┤▏                               │        and with ASCII characters
[   1,    2)    1570 ┤████████████████████████████████│        [   0,    1)       3 |#      |
"""

from collections.abc import Callable, Sequence
from math import gcd

from ...compiler.values import Bucket, Histogram
from ..units import binary, duration, exact, size

_CELLS = 32
_FEWEST_CELLS = 8
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LOWEST = -(1 << 63)

_Bounds = tuple[str, int | None, int | None, str]


def histogram_lines(histogram: Histogram, width: int, ascii_only: bool) -> list[str]:
    """One line a bucket; bars have 32 cells, fewer (at least 8) where lines would not fit into `width` columns."""
    labels = bucket_labels(histogram)
    counts = [str(bucket.count) for bucket in histogram.buckets]
    longest = max(7, *map(len, counts), 0)
    room = width - max(map(len, labels), default=0) - longest - len("  ┤│")
    cells = max(_FEWEST_CELLS, min(_CELLS, room))
    fullest = max((bucket.count for bucket in histogram.buckets), default=0)
    bars = [_bar(bucket.count, fullest, cells, ascii_only) for bucket in histogram.buckets]
    left, right = "||" if ascii_only else "┤│"
    rows = zip(labels, counts, bars, strict=True)
    return [f"{label} {count:>{longest}} {left}{bar:<{cells}}{right}" for label, count, bar in rows]


def bucket_labels(histogram: Histogram) -> list[str]:
    """`[ 512,   1k)` for each bucket, all equally wide; `(` and `)` exclude their bound, `...` is an open end."""
    bounds = _bounds(histogram.buckets)
    name = _naming(
        [number for _, low, high, _ in bounds for number in (low, high) if number is not None], histogram.unit
    )
    named = [
        (opening, "..." if low is None else name(low), "..." if high is None else name(high), closing)
        for opening, low, high, closing in bounds
    ]
    wide = max([4, *(len(end) for _, low, high, _ in named for end in (low, high))])
    return [f"{opening}{low:>{wide}}, {high:>{wide}}{closing}" for opening, low, high, closing in named]


def _bar(count: int, fullest: int, cells: int, ascii_only: bool) -> str:
    """A bar to the nearest eighth of a cell (ASCII: cell), and never empty for a count that is not zero."""
    if count == 0:
        return ""
    steps = 1 if ascii_only else 8
    filled = max(1, (count * cells * steps * 2 + fullest) // (fullest * 2))
    if ascii_only:
        return "#" * filled
    return "█" * (filled // 8) + _EIGHTHS[filled % 8].strip()


def _bounds(buckets: Sequence[Bucket]) -> list[_Bounds]:
    """Opening bracket, bounds and closing bracket of each bucket.

    Buckets of powers grow away from zero, so negative ones include the other end: -15 to -8 is (-16, -8]. But -200 to
    -101 is [-200, -100): of the two ways to write all negative buckets, the one with the rounder bounds.
    """
    negative = [bucket for bucket in buckets if bucket.high is not None and bucket.high < 0]
    lows = [bucket.low for bucket in negative if bucket.low is not None]
    highs = [bucket.high for bucket in negative if bucket.high is not None]
    away = gcd(*(low - 1 for low in lows), *highs) >= gcd(*lows, *(high + 1 for high in highs))
    return [_bracketed(bucket, away and bucket in negative) for bucket in buckets]


def _bracketed(bucket: Bucket, away: bool) -> _Bounds:
    low, high = bucket.low, bucket.high
    if away and low == _LOWEST:
        return "[", low, high, "]"
    if away:
        return "(", None if low is None else low - 1, high, "]"
    return "[", low, None if high is None else high + 1, ")"


def _naming(bounds: Sequence[int], unit: str) -> Callable[[int], str]:
    """How to write bounds so that none is inexact, or, for times, so that different ones look different."""
    if unit == "ns":
        different = len(set(bounds))
        digits = next(d for d in range(3, 30) if len({duration(bound, d) for bound in bounds}) == different)
        return lambda bound: duration(bound, digits) if bound else "0"
    if any(binary(bound) is None for bound in bounds):
        return lambda bound: exact(bound, unit) if bound else "0"
    if unit == "bytes":
        return size
    return lambda bound: binary(bound) or str(bound)

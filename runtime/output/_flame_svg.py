"""A flame graph as one SVG file, which needs nothing else: a person opens it in a browser, or puts it into a page.

Without scripts it is a picture with tooltips. With them frames zoom, and can be searched (`flamegraph.js`). Boxes are
nested `svg` elements with percentages: they follow the width of the window, and cut off their own text.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from zlib import crc32

from ._flame import Picture, Placed
from ._stacks import Kind
from ._svg import MARGIN, WIDTH, Heading, colour, document, part, percent, shortened, xml

Quantity = Callable[[int | float], str]
"""A number of the map as people read it: `512 events`, `1.5ms`."""

_LEVEL, _BOX, _GLYPH = 17, 16, 6.7
_HEAD, _FOOT = 98, 56
_SHADES = 8


class _Look(NamedTuple):
    """The colours of a kind of frame, from the first hue to the last, and its name in the legend."""

    first: int
    last: int
    saturation: int
    name: str


_LOOKS: dict[Kind, _Look] = {
    "kernel": _Look(16, 46, 88, "kernel"),
    "user": _Look(196, 226, 70, "program"),
    "jit": _Look(105, 150, 45, "written at run time (JIT)"),
    "label": _Look(220, 220, 8, "part of the key"),
}


def flame_svg(picture: Picture, heading: Heading, quantity: Quantity, icicle: bool) -> str:
    """The file; the root is at the bottom, or at the top of an icicle. Names are escaped, but not for XML."""
    levels = picture.depth
    height = _HEAD + levels * _LEVEL + _FOOT
    frames = "\n".join(_frame(each, picture.boxes[0].number, levels, quantity, icicle) for each in picture.boxes)
    legend = "".join(_legend(sorted({each.box.kind for each in picture.boxes})))
    hidden = f"{picture.hidden:,} frames are too narrow to draw" if picture.hidden else ""
    body = [
        *_tools(),
        f'<svg id="frames" y="{_HEAD}" height="{levels * _LEVEL}">\n{frames}\n</svg>',
        f'<text id="details" x="{MARGIN}" y="{height - 34}"> </text>',
        f'<g transform="translate({MARGIN} {height - 12})">{legend}</g>',
        f'<text class="quiet" x="100%" y="{height - 12}" dx="-{MARGIN}" text-anchor="end">{hidden}</text>',
    ]
    styles = f"{part('flamegraph.css')}\n{_colours()}"
    return document(heading, height, styles, body, part("flamegraph.js"), ' data-icicle="yes"' if icicle else "")


def _tools() -> Iterator[str]:
    """What shows up once a script runs: where to click, and how much a search has found."""
    yield f'<text class="tool" id="reset" x="{MARGIN}" y="88">show all</text>'
    yield f'<text id="matched" x="100%" dx="-{MARGIN + 90}" y="88" text-anchor="end"> </text>'
    yield f'<text class="tool" id="clear" x="100%" dx="-{MARGIN}" y="88" text-anchor="end">clear search</text>'


def _frame(each: Placed, total: int | float, levels: int, quantity: Quantity, icicle: bool) -> str:
    """A box: where it is, what it says when pointed at, and as much of its name as there is room for."""
    share, start = (each.number / total, each.start / total) if total else (1.0, 0.0)
    y = (each.depth if icicle else levels - 1 - each.depth) * _LEVEL
    name = xml(each.box.name)
    where = f" in {each.box.module}" if each.box.module else ""
    own = f", {quantity(each.own)} of its own" if each.own and each.own != each.number else ""
    tip = f"{_LOOKS[each.box.kind].name}{xml(where)}\n{xml(quantity(each.number))}, {share * 100:.2f} %{xml(own)}"
    room = int((share * WIDTH - 6) / _GLYPH)
    label = f'<text x="3" y="12">{xml(shortened(each.box.name, room))}</text>' if room >= 3 else ""
    thin = " thin" if share * WIDTH < 4 else ""
    return (
        f'<svg class="f {_class(each)}{thin}" data-depth="{each.depth}" x="{percent(start)}" y="{y}" '
        f'width="{percent(share)}" height="{_BOX}"><title>{name}\n{tip}</title>'
        f'<rect width="100%" height="100%"/>{label}</svg>'
    )


def _class(each: Placed) -> str:
    """The colour follows from kind and name alone: a function has the same one in every graph."""
    return f"{each.box.kind}{crc32(each.box.name.encode()) % _SHADES}"


def _colours() -> str:
    """The shades of all kinds, for light and for dark paper."""
    light, dark = [], []
    for kind, look in _LOOKS.items():
        for shade in range(_SHADES):
            hue = look.first + (look.last - look.first) * shade / (_SHADES - 1)
            step = shade * 3 % _SHADES
            light.append(f".{kind}{shade} rect {{ fill: {colour(hue, look.saturation, 70 + step)}; }}")
            dark.append(f".{kind}{shade} rect {{ fill: {colour(hue, look.saturation * 0.6, 32 + step)}; }}")
    match = ".f.match rect { fill: #e070f5; }"
    match_dark = ".f.match rect { fill: #a928c4; }"
    return "\n".join([*light, match, "@media (prefers-color-scheme: dark) {", *dark, match_dark, "}"])


def _legend(kinds: list[Kind]) -> Iterator[str]:
    """A patch and a name for each kind of frame that there is."""
    at = 0.0
    for kind in (kind for kind in _LOOKS if kind in kinds):
        name = _LOOKS[kind].name
        yield f'<g class="{kind}3"><rect x="{at:.0f}" y="-10" width="12" height="12"/></g>'
        yield f'<text class="quiet" x="{at + 18:.0f}">{name}</text>'
        at += 18 + len(name) * 6.3 + 22

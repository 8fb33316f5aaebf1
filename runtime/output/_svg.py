"""What pictures share: text and numbers as XML has them, colours, what stands above, the frame of a document."""

import os
from collections.abc import Iterable, Iterator, Sequence
from colorsys import hls_to_rgb
from math import log
from typing import NamedTuple

from ..escape import escape

WIDTH, MARGIN = 1200, 12
"""Pixels; the width where nothing says how wide it may be."""


def xml(text: str) -> str:
    """Text inside an element or an attribute; it must not have control characters any more (`escape`)."""
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(character, name)
    return text


def shortened(text: str, length: int) -> str:
    """The beginning of a text, with dots where there is more."""
    return text if len(text) <= length else text[: length - 1] + "…"


def percent(share: float) -> str:
    """A share of one for an attribute: `12.5%`, to a millionth of a percent."""
    return f"{share * 100:.6f}".rstrip("0").rstrip(".") + "%"


def colour(hue: float, saturation: float, lightness: float) -> str:
    """`#rrggbb` of a hue in degrees and two percentages."""
    parts = hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def heat(count: int, most: int, levels: int) -> int:
    """How hot a count is, 1 to `levels`, 0 for nothing: evenly by its logarithm, so that single events are seen."""
    if count <= 0:
        return 0
    return 1 + min(levels - 1, int(log(count) / log(most + 1) * levels)) if most > 1 else levels


def part(name: str) -> str:
    """The text of a style sheet or a script beside this file."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read().strip()


class Heading(NamedTuple):
    """What stands above: the title, the program, facts about the run, and what was lost, if anything.

    Texts may be anything; they are escaped here.
    """

    title: str
    program: str
    facts: Sequence[str]
    lost: Sequence[str]

    def lines(self) -> Iterator[str]:
        """The first 76 pixels of a picture."""
        yield f'<text class="title" x="{MARGIN}" y="28">{xml(shortened(_line(self.title), 90))}</text>'
        program = _line(self.program)
        tip = f"<title>{xml(program)}</title>"
        yield f'<text class="quiet" x="{MARGIN}" y="48">{tip}{xml(shortened(program, 150))}</text>'
        facts = " · ".join(self.facts if self.lost else [*self.facts, "nothing lost"])
        lost = _line(f"lost: {', '.join(self.lost)}") if self.lost else ""
        losses = f'<tspan class="loss" dx="12">{xml(lost)}</tspan>' if lost else ""
        yield f'<text x="{MARGIN}" y="68">{xml(_line(facts))}{losses}</text>'


def _line(text: str) -> str:
    """A text of several lines in one, escaped for terminals, which leaves nothing that XML forbids."""
    return escape(" ".join(text.split()))


def document(heading: Heading, height: int, styles: str, body: Iterable[str], script: str = "", mark: str = "") -> str:
    """A whole SVG file, in light or dark as the reader has it; `mark` is an attribute for its script."""
    code = f"<script><![CDATA[\n{script}\n]]></script>\n" if script else ""
    whole = "\n".join([*heading.lines(), *body])
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"{mark}>\n'
        f"<title>{xml(_line(heading.title))}</title>\n<style><![CDATA[\n{part('picture.css')}\n{styles}\n]]></style>\n"
        f'<rect class="paper" width="100%" height="100%"/>\n{whole}\n{code}</svg>\n'
    )

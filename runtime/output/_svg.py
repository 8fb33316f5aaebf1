"""What pictures share: text and numbers as XML has them, colours, the frame of a document."""

import os
from colorsys import hls_to_rgb

from ..show import Escape


def xml(text: str) -> str:
    """Text inside an element or an attribute; it must not have control characters any more (`escape`)."""
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(character, name)
    return text


def plain(text: str, escape: Escape) -> str:
    """A text of several lines in one, escaped for terminals, which leaves nothing that XML forbids."""
    return escape(" ".join(text.split()))


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


def part(name: str) -> str:
    """The text of a style sheet or a script beside this file."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read().strip()


def document(title: str, size: tuple[int, int], attributes: str, styles: str, body: str, script: str = "") -> str:
    """A whole SVG file, in light or dark as the reader has it."""
    width, height = size
    code = f"<script><![CDATA[\n{script}\n]]></script>\n" if script else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"{attributes}>\n'
        f"<title>{xml(title)}</title>\n<style><![CDATA[\n{styles}\n]]></style>\n"
        f'<rect class="paper" width="100%" height="100%"/>\n{body}\n{code}</svg>\n'
    )

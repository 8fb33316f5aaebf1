"""Text for people, and for scripts that cut lines into words: what the script prints, then every map.

    (blank line)
    @reads:
    bash,   77:   3
    dd,   1021: 512

Where only the largest rows are shown, a line below the header says how many are not. Text of traced programs is
escaped (`runtime/escape.py`). Losses and notes go to stderr, data alone to the stream.
"""

from collections.abc import Callable
from typing import TextIO

from ..results import MapResult
from ._base import Base
from ._messages import left_out
from ._rows import Style, map_lines
from .protocol import Settings, Shape

_FROM_THE_TOP = "\x1b[H\x1b[2J"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def create(stream: TextIO, settings: Settings) -> "TextOutput":
    """The format `text`."""
    return TextOutput(stream, settings)


class TextOutput(Base):
    """Writes maps as `_rows` lays them out, with a blank line before each, and printed text as it comes."""

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        super().__init__(stream, settings)
        self._style = Style(settings.width, settings.ascii)
        self._within_line = False

    @property
    def escape(self) -> Callable[[str], str]:
        """Controls cannot reach the terminal; in ASCII mode nothing beyond ASCII does."""
        return self._style.escape

    def printed(self, time_ns: int, text: str) -> None:
        """The text as it is."""
        self._stream.write(text)
        if text:
            self._within_line = not text.endswith("\n")

    def page(self) -> None:
        """On a terminal from the top of an empty screen."""
        if self._settings.terminal:
            self._stream.write(_FROM_THE_TOP)

    def shape(self) -> Shape:
        """The text alone."""
        return Shape(self._write_many)

    def _write_many(self, content: memoryview) -> None:
        self._write_bytes(content)
        self._within_line = content[-1] != ord("\n")

    def map(self, result: MapResult) -> None:
        """Nothing for an empty map."""
        if not result.rows:
            return
        header, *rows = map_lines(result, self._style)
        if result.left_out:
            rows.insert(0, f"... {left_out(result.left_out)}")
        if self._settings.colour:
            header = f"{_BOLD}{header}{_PLAIN}"
        start = "\n\n" if self._within_line else "\n"
        self._stream.write(start + "\n".join([header, *rows]) + "\n")
        self._within_line = False

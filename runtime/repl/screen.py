"""Where answers go: a stream, how wide and high it is, and whether it has colours."""

import os
import sys
from textwrap import fill
from typing import TextIO

from ...grammar.diagnostic import PlyError
from ...grammar.render import render
from ..output import can_draw
from ..output.protocol import Settings

_LINE = 120
"""Longer lines are hard to read."""


class Screen:
    """Text for the person at the prompt; data goes to `stream`, errors to `messages`."""

    def __init__(self, stream: TextIO | None = None, messages: TextIO | None = None) -> None:
        self.stream, self.messages = stream or sys.stdout, messages or sys.stderr

    @property
    def terminal(self) -> bool:
        """Whether a person looks at it, and not a file or a pipe."""
        return self.stream.isatty()

    @property
    def colour(self) -> bool:
        """Whether errors have colours: a terminal that is able to, and nobody asked for none (NO_COLOR)."""
        able = os.environ.get("TERM", "dumb") not in ("dumb", "unknown")
        return self.messages.isatty() and able and not os.environ.get("NO_COLOR")

    @property
    def width(self) -> int:
        """Columns."""
        return self._size()[0]

    @property
    def rows(self) -> int:
        """Lines that a table may take and still be seen with what is around it; 0 (all of it) without a terminal."""
        return max(5, self._size()[1] - 6) if self.terminal else 0

    def _size(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return columns or 80, lines or 24

    def settings(self, ascii: bool, messages: TextIO | None = None) -> Settings:
        """For an output format that writes here, or to a stream that ends up here."""
        ascii = ascii or not can_draw(self.stream.encoding or "ascii")
        return Settings(ascii=ascii, width=self.width, messages=messages or self.messages)

    def say(self, text: str) -> None:
        """A line, or several."""
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def tell(self, text: str, start: str = "", indent: str = "") -> None:
        """A sentence or several, wrapped at words; `start` is before the first line, `indent` before the others."""
        columns = min(self.width, _LINE) - 1
        self.say(fill(text, columns, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False))

    def report(self, error: PlyError) -> None:
        """An error, with its place in what was typed."""
        self.stream.flush()
        for diagnostic in error.diagnostics:
            self.messages.write(render(diagnostic, error.source, self.colour) + "\n")
        self.messages.flush()

"""Folded stacks, as flame graph tools read them: the frames from the outermost to the innermost, and a count.

    do_syscall_64;__x64_sys_nanosleep;schedule 12

Other parts of the key stand before the stack, in the order in which they were written, as frames of their own; a second
stack of the key (a user stack) stands before a kernel stack. Maps without a stack, and what the script prints, are told
on stderr: they are no stacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from ...compiler.schema import LossPlace
from ...compiler.values import Frame, Stack
from ..escape import escape as escaped
from ..results import MapResult, Row, RunInfo
from ..show import show
from ._messages import Messages
from .protocol import Settings


def create(stream: TextIO, settings: Settings) -> FoldedOutput:
    """The format `folded`."""
    return FoldedOutput(stream, settings)


class FoldedOutput:
    """A line for each row of a map that has a stack in its key and a number as its value."""

    def __init__(self, stream: TextIO, settings: Settings) -> None:
        self._stream = stream
        self._messages = Messages(settings.messages)

    @property
    def escape(self) -> Callable[[str], str]:
        """Controls cannot reach a terminal."""
        return escaped

    def start(self, info: RunInfo) -> None:
        """Nothing to say."""

    def printed(self, time_ns: int, text: str) -> None:
        """Not among the data."""
        self._messages.note(text.removesuffix("\n"))

    def map(self, result: MapResult) -> None:
        """The map's stacks."""
        rows = [row for row in result.rows if any(isinstance(part, Stack) for part in row.key)]
        if result.rows and not rows:
            self._messages.note(f"map {result.name} has no stack in its key: `{result.name}[stack].count()` has")
        for row in rows:
            if isinstance(row.value, int):
                self._stream.write(f"{_line(row)} {row.value}\n")

    def lost(self, place: LossPlace, count: int) -> None:
        """Not among the data."""
        self.flush()
        self._messages.lost(place, count)

    def note(self, text: str) -> None:
        """Not among the data."""
        self.flush()
        self._messages.note(text)

    def flush(self) -> None:
        """Make everything seen."""
        self._stream.flush()

    def end(self, status: int, seconds: float, lost_total: int) -> None:
        """Sums of what was lost, on stderr."""
        self.flush()
        self._messages.end()


def _line(row: Row) -> str:
    """Labels first, then stacks, the last written outermost: `@[stack, ustack]` puts the kernel on top of the user."""
    labels = [_frame(show(part, escaped)) for part in row.key if not isinstance(part, Stack)]
    stacks = [part for part in row.key if isinstance(part, Stack)]
    return ";".join([*labels, *(frame for stack in reversed(stacks) for frame in _frames(stack))])


def _frames(stack: Stack) -> list[str]:
    if not stack.frames:
        return []
    return [_frame(_name(frame)) for frame in reversed(stack.frames)]


def _name(frame: Frame) -> str:
    """Without the offset: calls from two places of one function are one box."""
    return escaped(frame.symbol) if frame.symbol else f"{frame.address:#x}"


def _frame(text: str) -> str:
    """A frame may hold neither the separator nor a line end."""
    return text.replace(";", ":").replace("\n", " ")

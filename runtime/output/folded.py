"""Folded stacks, as flame graph tools read them: the frames from the outermost to the innermost, and a number.

    main;read;do_syscall_64;__x64_sys_read;vfs_read 12

Other parts of the key stand before the stacks, as frames of their own, and a user stack before a kernel stack. Maps
without a stack, and what the script prints, are told on stderr: they are no stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from ...compiler.schema import MapSchema
from ...compiler.values import Stack
from ..results import MapResult
from . import _stacks
from ._base import Base
from .protocol import Settings


def check(maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError where no map has stacks."""
    _stacks.check("folded", maps, wanted)


def create(stream: TextIO, settings: Settings) -> FoldedOutput:
    """The format `folded`."""
    return FoldedOutput(stream, settings)


class FoldedOutput(Base):
    """A line for each row of a map that has a stack in its key and a number as its value."""

    def map(self, result: MapResult) -> None:
        """The map's stacks."""
        super().map(result)
        if result.rows and not any(isinstance(part, Stack) for part in result.rows[0].key):
            self.note(f"map {result.name} has no stack in its key: `{result.name}[stack].count()` has")
        for boxes, number in _stacks.fold(result, self.escape):
            frames = ";".join(box.name.replace(";", ":") for box in boxes)
            self._stream.write(f"{frames} {number}\n")

"""A flame graph of a map that has a stack in its key: one SVG file that zooms and searches in any browser.

    ply -f flamegraph -o out.svg -t 10 -c 'profile:99hz { @[comm, stack, ustack].count() }'

Reading it: a box is a function, what stands on it was called by it, and its width is its share of all events; from
left to right boxes stand in the order of their names.
"""

from collections.abc import Sequence
from typing import TextIO

from ...compiler.schema import MapSchema
from . import _stacks
from ._flame_output import FlameOutput
from .protocol import Settings

AT_END = True


def check(maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError where no map can be drawn."""
    _stacks.check("flamegraph", maps, wanted)


def create(stream: TextIO, settings: Settings) -> FlameOutput:
    """The format `flamegraph`."""
    return FlameOutput(stream, settings, icicle=False)

"""A flame graph with its root at the top: one SVG file that zooms and searches in any browser.

    ply -f icicle -o out.svg -t 10 -c 'profile:99hz { @[comm, stack, ustack].count() }'

The same picture as `flamegraph`, upside down: deep stacks begin where one starts to read.
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
    _stacks.check("icicle", maps, wanted)


def create(stream: TextIO, settings: Settings) -> FlameOutput:
    """The format `icicle`."""
    return FlameOutput(stream, settings, icicle=True)

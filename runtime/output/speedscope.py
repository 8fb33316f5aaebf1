"""Profiles for speedscope, a viewer of stacks in the browser: one JSON file, a profile for each map with stacks.

    ply -f speedscope -o out.json -t 10 -c 'profile:99hz { @[comm, stack, ustack].count() }'

The format is that of https://www.speedscope.app/file-format-schema.json: sampled profiles, whose samples are lists of
frames, the outermost first, with a weight each. Names are true: JSON has its own escapes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from ... import __version__
from ...compiler.schema import MapSchema
from ..results import MapResult
from . import _stacks
from ._base import AtEnd, Ending, title
from ._stacks import Box
from .protocol import Settings

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
AT_END = True
_UNITS = {"ns": "nanoseconds", "bytes": "bytes"}


def check(maps: Sequence[MapSchema], wanted: str) -> None:
    """Raises UsageError where no map has stacks."""
    _stacks.check("speedscope", maps, wanted)


def create(stream: TextIO, settings: Settings) -> SpeedscopeOutput:
    """The format `speedscope`."""
    return SpeedscopeOutput(stream, settings)


class SpeedscopeOutput(AtEnd):
    """All maps that have stacks; frames are shared between them."""

    def document(self, maps: dict[str, MapResult], ending: Ending) -> str:
        """The file, in one line."""
        numbers: dict[Box, int] = {}
        shown = [result for result in maps.values() if self._settings.map in ("", result.name)]
        profiles = [profile for result in shown if (profile := _profile(result, numbers))]
        whole = {
            "$schema": _SCHEMA,
            "exporter": f"plytrace {__version__}",
            "name": self._info.program,
            "activeProfileIndex": 0,
            "shared": {"frames": [_frame(box) for box in numbers]},
            "profiles": profiles,
        }
        return json.dumps(whole, separators=(",", ":")) + "\n"


def _profile(result: MapResult, numbers: dict[Box, int]) -> dict[str, object] | None:
    """A map's profile, None where it has no stacks; frames that are new get the next numbers."""
    rows = list(_stacks.fold(result, str))
    if not rows:
        return None
    return {
        "type": "sampled",
        "name": title(result),
        "unit": _UNITS.get(str(result.unit), "none"),
        "startValue": 0,
        "endValue": sum(number for _, number in rows),
        "samples": [[numbers.setdefault(box, len(numbers)) for box in boxes] for boxes, _ in rows],
        "weights": [number for _, number in rows],
    }


def _frame(box: Box) -> dict[str, str]:
    return {"name": box.name, "file": box.module} if box.module else {"name": box.name}

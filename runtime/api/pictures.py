"""Maps as pictures: the same SVG files as those of `ply -f flamegraph` and `ply -f heatmap`."""

import os

from ...compiler.values import Histogram, Percentiles, Stack
from ..results import MapResult
from .errors import wrong


def flamegraph(result: MapResult, icicle: bool) -> str:
    """See `Map.to_flamegraph`."""
    from ..output import _flame_output, _stacks

    if result.rows and not any(isinstance(part, Stack) for row in result.rows for part in row.key):
        help = f"such as `{_stacks.EXAMPLE}`"
        raise wrong("no-stacks", f"map {result.name} has no stack in its key", help)
    return _flame_output.flamegraph(result, "", [], [], icicle)


def heatmap(result: MapResult) -> str:
    """See `Map.to_heatmap`."""
    from ..output import _base, _heat, _heat_svg, _svg

    if result.rows and not any(isinstance(row.value, Histogram | Percentiles) for row in result.rows):
        raise wrong("no-histograms", f"map {result.name} has no histograms", f"such as `{_heat.EXAMPLE}`")
    grid = _heat.grid_of_keys(result)
    values = f"{grid.total:,} values" if grid.total else "nothing was counted"
    return _heat_svg.heat_svg(grid, _svg.Heading(_base.title(result), "", [values], []))


def written(picture: str, path: str | os.PathLike[str] | None) -> str:
    """The picture, also in a file where there is to be one; raises OSError."""
    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(picture)
    return picture

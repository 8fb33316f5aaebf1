"""A script's map as a mapping: from tuples, one item for each of its keys, to values.

    reads = result.maps["@"]                    program: kprobe:SyS_read { @[comm, pid].count() }
    reads["dd", 1021]            -> 512
    reads.to_dict()              -> {("bash", 77): 3, ("dd", 1021): 512}

Rows are in the order in which the map prints: by value, the largest last (histograms: by key).
What type values have is up to the program, so they are `Any` to a type checker; `of` says (and checks) what they are.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

from ...compiler.types import Units
from ..results import MapResult
from .show import brief, drawn, html

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Printer(Protocol):
    """What IPython offers to `_repr_pretty_`."""

    def text(self, text: str) -> None:
        """Write."""


class Row(NamedTuple, Generic[V]):
    """An entry of a map: `key` is a tuple, empty for a map without keys."""

    key: tuple[Any, ...]
    value: V


class Map(Mapping[Any, V_co]):
    """A map as it was read, once: it does not change any more.

    `name` is as in the program (`@reads`), `aggregation` how values came to be (`count`, `quantize`; "" for assigned
    ones), `key_names` what the program wrote between the brackets, `unit` what numbers measure (`ns`, `bytes`, or "").
    """

    def __init__(self, result: MapResult) -> None:
        self._result = result

    @property
    def name(self) -> str:
        """The name, with its `@`."""
        return self._result.name

    @property
    def aggregation(self) -> str:
        """The aggregation function, "" for values that were assigned."""
        return self._result.aggregation

    @property
    def key_names(self) -> tuple[str, ...]:
        """One name for each key."""
        return self._result.key_names

    @property
    def unit(self) -> Units:
        """What the values measure: `ns`, `bytes`, or "" where that is not known; for tuples a tuple of those."""
        return self._result.unit

    @property
    def key_units(self) -> tuple[Units, ...]:
        """What the keys measure, in the same way."""
        return self._result.key_units

    @cached_property
    def rows(self) -> tuple[Row[V_co], ...]:
        """All rows in order, the largest value last: `rows[-10:]` are the ten largest."""
        return tuple(Row(key, cast(V_co, value)) for key, value in self._result.rows)

    @cached_property
    def _values(self) -> dict[tuple[Any, ...], V_co]:
        return {row.key: row.value for row in self.rows}

    def __getitem__(self, key: object) -> V_co:
        """The value under a key tuple; a map with one key takes that without a tuple, too. Raises KeyError."""
        values = self._values
        if isinstance(key, tuple) and key in values:
            return values[key]
        if len(self.key_names) == 1 and (key,) in values:
            return values[(key,)]
        raise KeyError(key)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def to_dict(self) -> dict[tuple[Any, ...], V_co]:
        """Key tuples and values as a new dict: `{("dd",): 512}`, `{(): 30}` for a map without keys."""
        return dict(self._values)

    def of(self, kind: type[V]) -> "Map[V]":
        """The same map, whose values are known to be of one type; raises TypeError where one is not."""
        for row in self.rows:
            if not isinstance(row.value, kind):
                raise TypeError(f"{self.name} has values of type {type(row.value).__name__}, not {kind.__name__}")
        return cast("Map[V]", self)

    def to_frame(self) -> Any:
        """A pandas DataFrame: a column for each key, then `value`, in the order of the rows.

        A histogram takes a row for each bucket, with the columns `low`, `high` (both inclusive, None for an open end)
        and `count` instead of `value`; stats and percentiles have a column for each of their numbers, a rate is per
        second; a stack is its folded text, the outermost frame first, as in CSV. Numbers are plain; `attrs` has `unit`
        and `key_units`. Raises ImportError where pandas is not installed.
        """
        from .frame import frame

        return frame(self._result)

    def to_flamegraph(self, path: str | os.PathLike[str] | None = None, *, icicle: bool = False) -> str:
        """The map as a flame graph, an SVG file's text, also written to `path` where that is given.

        Needs a stack in the key and numbers as values (histograms are as wide as their count, stats as their sum).
        `icicle` puts the root at the top. Raises UsageError `no-stacks`, OSError where the file cannot be written.
        """
        from .pictures import flamegraph, written

        return written(flamegraph(self._result, icicle), path)

    def to_heatmap(self, path: str | os.PathLike[str] | None = None) -> str:
        """The map as a heat map, in the same way: histograms as values, columns in the key's time or last number.

        Raises UsageError `no-histograms`, OSError where the file cannot be written.
        """
        from .pictures import heatmap, written

        return written(heatmap(self._result), path)

    def to_json(self) -> dict[str, Any]:
        """The object that `ply -f json` prints for this map, as plain dicts, lists, texts and numbers."""
        from ..output.json import map_object

        return cast("dict[str, Any]", map_object(self._result))

    @property
    def result(self) -> MapResult:
        """What the output formats are given."""
        return self._result

    def __str__(self) -> str:
        """As `ply` prints it, histograms drawn."""
        return drawn(self._result)

    def __repr__(self) -> str:
        return brief(self._result)

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        printer.text(brief(self._result) if cycle else str(self))

    def _repr_html_(self) -> str:
        return html(self._result)


class Maps(Mapping[str, Map[Any]]):
    """The maps of a script by name, those without entries, too; each is read when it is asked for."""

    def __init__(self, names: tuple[str, ...], read: Callable[[str], Map[Any]]) -> None:
        self._names, self._read = names, read

    def __getitem__(self, name: str) -> Map[Any]:
        """A map, by its name with the `@`; raises KeyError that says which maps there are."""
        if name not in self._names:
            raise KeyError(f"the program has no map {name}; it has {', '.join(self._names) or 'none'}")
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{name!r}: {each!r}' for name, each in self.items())}}}"

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in self.values())

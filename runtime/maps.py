"""Reading a map: bytes of the kernel -> rows of values, the CPUs' slots merged.

percpu_hash of @[comm].count()   ->   MapResult("@", "count", ("comm",), (Row(("dd",), 512),))
"""

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ..compiler.schema import Field, MapSchema
from ..compiler.types import Int, Unit, storage
from ..compiler.values import Rate, Value
from ..compiler.world import World
from .decode import decoder
from .kernel.maps import BpfMap
from .results import MapResult, Row, ordered

Merge = Callable[[Sequence[memoryview], Sequence[int], Int], Value | None]


def read_map(kernel_map: BpfMap, schema: MapSchema, world: World, top: int = 0, now: int = 0) -> MapResult:
    """All rows in order, or the `top` largest; `now` is until when events were counted, 0 for this moment."""
    names = tuple(field.name for field in schema.keys)
    if not schema.aggregation:
        rows = ordered(_plain(kernel_map, schema, world), top)
        return MapResult(schema.name, "", names, rows, _unit(schema))
    module = importlib.import_module(f"..compiler.aggregations.{schema.aggregation}", __package__)
    merged = _aggregated(kernel_map, schema, world, module.merge)
    rows = ordered(_rated(merged, now or time.monotonic_ns()), top)
    return MapResult(
        schema.name, schema.aggregation, names, rows, _unit(schema) if module.AGGREGATION.keeps_unit else ""
    )


def _unit(schema: MapSchema) -> Unit:
    kind = storage(schema.value)
    return kind.unit if isinstance(kind, Int) else ""


def _plain(kernel_map: BpfMap, schema: MapSchema, world: World) -> Iterator[Row]:
    key_of = decoder(schema.keys, world)
    value_of = decoder((Field("", schema.value, 0),), world)
    for key, value in kernel_map.items():
        yield Row(key_of(key), value_of(value)[0])


def _aggregated(kernel_map: BpfMap, schema: MapSchema, world: World, merge: Merge) -> Iterator[Row]:
    """The entries that have a value: one that was just made for its first event has none yet."""
    kind = storage(schema.value)
    assert isinstance(kind, Int)
    key_of = decoder(schema.keys, world)
    words = schema.value_size // 8
    found: dict[tuple[Value, ...], list[memoryview]] = {}
    for key, value in kernel_map.items():
        whole = memoryview(value).cast("Q")
        slots = [whole[start : start + words] for start in range(0, len(whole), words)]
        # Keys may be different in the kernel and the same to people: two stacks that differ in hidden frames.
        found.setdefault(key_of(key) if schema.keys else (), []).extend(slots)
    for shown, parts in found.items():
        merged = merge(parts, schema.parameters, kind)
        if merged is not None:
            yield Row(shown, merged)


def _rated(rows: Iterator[Row], now: int) -> Iterator[Row]:
    """Rates run until now: the kernel half knows when events came, not how long none did."""
    for row in rows:
        yield Row(row.key, replace(row.value, until=now)) if isinstance(row.value, Rate) else row

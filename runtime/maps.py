"""Reading a map: bytes of the kernel -> rows of values, the CPUs' slots merged.

percpu_hash of @[comm].count()   ->   MapResult("@", "count", ("comm",), (Row(("dd",), 512),))
"""

import importlib
from collections.abc import Callable, Iterator, Sequence

from ..compiler.schema import Field, MapSchema
from ..compiler.types import Int, storage
from ..compiler.values import Value
from ..compiler.world import World
from .decode import decoder
from .kernel.maps import BpfMap
from .results import MapResult, Row, ordered

Merge = Callable[[Sequence[memoryview], Sequence[int], Int], Value]


def read_map(kernel_map: BpfMap, schema: MapSchema, world: World, top: int = 0) -> MapResult:
    """All rows in order, or the `top` largest."""
    rows = _aggregated(kernel_map, schema, world) if schema.aggregation else _plain(kernel_map, schema, world)
    kind = storage(schema.value)
    unit = kind.unit if isinstance(kind, Int) and schema.aggregation != "count" else ""
    names = tuple(field.name for field in schema.keys)
    return MapResult(schema.name, schema.aggregation, names, ordered(rows, top), unit)


def _plain(kernel_map: BpfMap, schema: MapSchema, world: World) -> Iterator[Row]:
    key_of = decoder(schema.keys, world)
    value_of = decoder((Field("", schema.value, 0),), world)
    for key, value in kernel_map.items():
        yield Row(key_of(key), value_of(value)[0])


def _aggregated(kernel_map: BpfMap, schema: MapSchema, world: World) -> Iterator[Row]:
    merge: Merge = importlib.import_module(f"..compiler.aggregations.{schema.aggregation}", __package__).merge
    kind = storage(schema.value)
    assert isinstance(kind, Int)
    key_of = decoder(schema.keys, world)
    words = schema.value_size // 8

    def slots(value: bytes) -> list[memoryview]:
        whole = memoryview(value).cast("Q")
        return [whole[start : start + words] for start in range(0, len(whole), words)]

    if not schema.keys:
        for _, value in kernel_map.items():
            if any(value):
                yield Row((), merge(slots(value), schema.parameters, kind))
        return
    found: dict[tuple[Value, ...], list[memoryview]] = {}
    for key, value in kernel_map.items():
        # Keys may be different in the kernel and the same to people: two stacks that differ in hidden frames.
        found.setdefault(key_of(key), []).extend(slots(value))
    for shown, parts in found.items():
        yield Row(shown, merge(parts, schema.parameters, kind))

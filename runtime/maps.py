"""Reading a map: bytes of the kernel -> rows of values, the CPUs' slots merged.

percpu_hash of @[comm].count()   ->   MapResult("@", "count", ("comm",), (Row(("dd",), 512),))
"""

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from ..compiler.schema import Field, MapSchema
from ..compiler.types import Int, Measure, storage, units_of
from ..compiler.values import Rate, Value
from ..compiler.world import World
from ..grammar.frozen import replace
from .decode import decoder
from .results import MapResult, Order, Row, ordered

Entry = tuple[bytes, bytes]
"""Key and value as the kernel has them; a key may be there more than once, with parts of its value."""
MANY = 30_000
"""From so many rows on, sums are arrays of NumPy (`columns.py`), which takes 0.1 s to be there."""
Merge = Callable[[Sequence[memoryview], Sequence[int], Int], Value | None]


class Found(NamedTuple):
    """How many rows a map has, and those that are kept, in order."""

    all: int
    kept: Sequence[Row]


def read_map(
    entries: Iterable[Entry],
    schema: MapSchema,
    world: World,
    order: Order | None = None,
    now: int = 0,
    whole: Callable[[], tuple[bytearray, bytearray]] | None = None,
) -> MapResult:
    """The rows of a map's keys and values, in order, all or the largest.

    `now` is until when events were counted, 0 for this moment. `whole` gives the entries as `BpfMap.whole` does.
    """
    now = now or time.monotonic_ns()
    order = order or Order()
    if not schema.aggregation:
        return _result(_ordered(_plain(entries, schema, world), order), schema, now)
    module = importlib.import_module(f"..compiler.aggregations.{schema.aggregation}", __package__)
    if schema.keys and module.AGGREGATION.adds and all(isinstance(field.type, Int) for field in schema.keys):
        keys, values = whole() if whole else _joined(entries)
        many = len(keys) >= MANY * schema.key_size
        found = _by_columns(keys, values, schema, order) if many else _ordered(_summed(keys, values, schema), order)
    else:
        found = _ordered(_rated(_aggregated(entries, schema, world, module.merge), now), order)
    result = _result(found, schema, now)
    measure: Measure = module.AGGREGATION.measure
    if measure == "total" and _signed(schema):
        measure = "value"
    return replace(result, unit=result.unit if module.AGGREGATION.keeps_unit else "", measure=measure)


def _result(found: Found, schema: MapSchema, now: int) -> MapResult:
    names = tuple(field.name for field in schema.keys)
    units = tuple(units_of(field.type) for field in schema.keys)
    unit = units_of(storage(schema.value))
    left_out = found.all - len(found.kept)
    return MapResult(schema.name, schema.aggregation, names, found.kept, unit, units, time=now, left_out=left_out)


def _ordered(rows: Iterator[Row], order: Order) -> Found:
    whole = list(rows)
    return Found(len(whole), ordered(whole, *order))


def _by_columns(keys: bytearray, values: bytearray, schema: MapSchema, order: Order) -> Found:
    """What `_summed` gives, by NumPy."""
    from .columns import summed

    whole = summed(keys, values, schema)
    return Found(len(whole), whole.ordered(order))


def _signed(schema: MapSchema) -> bool:
    kind = storage(schema.value)
    return isinstance(kind, Int) and kind.signed


def _plain(entries: Iterable[Entry], schema: MapSchema, world: World) -> Iterator[Row]:
    key_of = decoder(schema.keys, world)
    value_of = decoder((Field("", schema.value, 0),), world)
    for key, value in entries:
        yield Row(key_of(key), value_of(value)[0])


def _summed(keys: bytearray, values: bytearray, schema: MapSchema) -> Iterator[Row]:
    """What `_aggregated` gives for sums under keys that are numbers: a tenth of its time, where there are a million."""
    count = len(keys) // schema.key_size
    if not count:
        return iter(())
    words = memoryview(values).cast("Q")
    copies = len(words) // count
    totals = list(map(sum, zip(*(words[copy::copies].tolist() for copy in range(copies)), strict=True)))
    columns = list(_columns(keys, schema))
    shown = list(zip(*columns, strict=True))
    if len(set(columns[0])) < count and len(set(shown)) < count:  # the same key more than once
        merged = dict.fromkeys(shown, 0)
        for key, total in zip(shown, totals, strict=True):
            merged[key] += total
        shown, totals = list(merged), list(merged.values())
    rows: Iterator[Row] = map(partial(tuple.__new__, Row), zip(shown, totals, strict=True))
    return rows if all(totals) else filter(itemgetter(1), rows)


def _joined(entries: Iterable[Entry]) -> tuple[bytearray, bytearray]:
    """As `BpfMap.whole`."""
    keys, values = bytearray(), bytearray()
    for key, value in entries:
        keys += key
        values += value
    return keys, values


def _columns(content: bytearray, schema: MapSchema) -> Iterator[list[int]]:
    """The parts of many keys that are numbers, part by part: each takes a word."""
    for field in schema.keys:
        kind = storage(field.type)
        assert isinstance(kind, Int)
        words = memoryview(content).cast("q" if kind.signed else "Q")
        yield words[field.offset // 8 :: schema.key_size // 8].tolist()


def _aggregated(entries: Iterable[Entry], schema: MapSchema, world: World, merge: Merge) -> Iterator[Row]:
    """The entries that have a value: one that was just made for its first event has none yet."""
    kind = storage(schema.value)
    assert isinstance(kind, Int)
    key_of = decoder(schema.keys, world)
    words = schema.value_size // 8
    found: dict[tuple[Value, ...], list[memoryview]] = {}
    for key, value in entries:
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

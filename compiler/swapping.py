"""Maps that are emptied while programs go on counting: two copies, of which user space reads the one that rests.

    interval:1s { print(@n); clear(@n) }   ->   MapSchema("@n", symbol="map0_n", spare="map0_n_spare")

Reading and then emptying one map loses what comes in between. So programs update the copy that the state word `side`
names; user space turns the word over, waits until no program can still use the other copy, and reads and empties that
one. Only aggregations can be put together again from parts, and only those in which no program looks for entries.
"""

from collections.abc import Sequence

from ..grammar.frozen import replace
from .effects import ClearMap, ZeroMap
from .options import Options
from .resolve import nodes
from .schema import EventSchema, MapSchema
from .typed import ForEach, Instance, MapName, Read, Remove, TypedProgram


def swapped(typed: TypedProgram, options: Options) -> TypedProgram:
    """The program, with a spare copy for each map that needs one."""
    cleared = {effect.map for effect in _effects(typed.events) if isinstance(effect, ClearMap)}
    zeroed = {effect.map for effect in _effects(typed.events) if isinstance(effect, ZeroMap)}
    kept = zeroed | _read(typed.instances)

    def with_spare(schema: MapSchema) -> MapSchema:
        wanted = schema.aggregation and (options.delta or schema.name in cleared) and schema.name not in kept
        return replace(schema, spare=f"{schema.symbol}_spare") if wanted else schema

    return replace(typed, maps=tuple(map(with_spare, typed.maps)))


def _effects(events: Sequence[EventSchema]) -> list[object]:
    return [event.effect for event in events]


def _read(instances: Sequence[Instance]) -> set[str]:
    """The maps that programs look into, or take entries out of."""
    found = [node for instance in instances for node in nodes((instance.predicate, instance.body))]
    return {node.map for node in found if isinstance(node, Read | ForEach | MapName | Remove)}

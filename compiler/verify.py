"""The invariants that code generation relies on, checked once, so that a broken rule is found where it was broken.

Every map and event that a statement names has a schema, keys fit it, and fields lie one behind the other.
"""

from collections.abc import Iterator, Sequence

from .schema import EVENT_HEADER, Field, MapSchema
from .typed import Branch, Emit, ForEach, Remove, Repeat, TypedProgram, TypedStatement, Update, Write
from .types import slot_size


def verify(typed: TypedProgram) -> TypedProgram:
    """The same program; AssertionError, a fault of the compiler, where an invariant does not hold."""
    maps = {schema.name: schema for schema in typed.maps}
    assert len(maps) == len(typed.maps), "one schema a map"
    assert len({schema.symbol for schema in typed.maps}) == len(maps), "one symbol a map"
    for schema in typed.maps:
        assert _end(schema.keys, 0) in (schema.key_size, 0), f"the key of {schema.name} has gaps"
    for number, event in enumerate(typed.events):
        assert event.number == number, "events are numbered in order"
        assert _end(event.fields, EVENT_HEADER) == event.size, f"event {number} has gaps"
    for instance in typed.instances:
        for statement in _flat(instance.body):
            _check(statement, maps, len(typed.events))
    return typed


def _end(fields: Sequence[Field], start: int) -> int:
    """Where the last field ends, if each begins where the one before it ends."""
    for field in fields:
        assert field.offset == start, f"field {field.name} is not where it should be"
        start += slot_size(field.type)
    return start


def _flat(body: Sequence[TypedStatement]) -> Iterator[TypedStatement]:
    for statement in body:
        yield statement
        if isinstance(statement, Branch):
            yield from _flat(statement.then)
            yield from _flat(statement.otherwise)
        if isinstance(statement, Repeat | ForEach):
            yield from _flat(statement.body)


def _check(statement: TypedStatement, maps: dict[str, MapSchema], events: int) -> None:
    match statement:
        case Update(map=name, keys=keys) | Write(map=name, keys=keys) | Remove(map=name, keys=keys):
            assert name in maps, f"map {name} has no schema"
            assert len(keys) == len(maps[name].keys), f"map {name} has another number of keys"
        case Emit(event=number, values=values):
            assert 0 <= number < events, f"there is no event {number}"
            assert values is not None
        case ForEach(map=name):
            assert name in maps, f"map {name} has no schema"
            assert maps[name].keys, f"map {name} has no keys to go through"
        case _:
            return

"""Statements that store: aggregations, plain values, deletions, and events in the ring buffer.

Each place where data can be lost counts it in the state page, under what the user knows it by.
"""

from . import bpf
from .artifact import StateLayout
from .emitter import Pointer, Scalar
from .lowering import Lower
from .registry import aggregations
from .schema import MapSchema
from .typed import Emit, Remove, Update, Write
from .types import Int, slot_size


def update(lower: Lower, statement: Update) -> None:
    """One more value for an aggregation: in place, in this CPU's slot."""
    emit = lower.emit
    schema = lower.module.maps[statement.map]
    entry = aggregations()[statement.aggregation]
    assert isinstance(schema.value, Int)
    kind = schema.value
    value = lower.number(statement.value) if statement.value is not None else emit.constant(1)
    key = lower.key(schema, statement.keys)
    shared = statement.map in lower.module.shared

    def apply(slot: Pointer) -> None:
        entry.update(lower, slot, value, kind, statement.parameters, shared)

    where = _copy(lower, schema)
    slot = emit.helper_pointer(bpf.MAP_LOOKUP, where, key)
    if schema.kind == "percpu_array":
        emit.when(emit.compare("eq", emit.is_null(slot), emit.constant(0)), lambda: apply(slot))
        return
    lower.module.zeros = max(lower.module.zeros, schema.value_size)
    failure = lower.memory(8)

    def insert() -> Pointer:
        # NOEXIST: when another CPU was quicker, its entry is the one to use.
        result = emit.helper(bpf.MAP_UPDATE, where, key, emit.zeros(), emit.constant(bpf.BPF_NOEXIST))
        emit.store(failure, 0, result)
        return emit.helper_pointer(bpf.MAP_LOOKUP, where, key)

    found = emit.find(slot, insert)
    emit.when(
        emit.is_null(found),
        lambda: lower.lose_entry(schema, emit.load(failure, 0)),
        lambda: apply(found),
    )


def _copy(lower: Lower, schema: MapSchema) -> Pointer:
    """The map, or that of its two copies which is not being read."""
    emit, first = lower.emit, lower.emit.map(schema.symbol)
    if not schema.spare:
        return first
    return emit.either(emit.load_now(emit.state(StateLayout.SIDE), 0), emit.map(schema.spare), first)


def write(lower: Lower, statement: Write) -> None:
    """A new value under a key."""
    emit = lower.emit
    schema = lower.module.maps[statement.map]
    memory = lower.memory(schema.value_size)
    lower.value(statement.value, schema.value_size, memory)
    key = lower.key(schema, statement.keys)
    result = emit.helper(bpf.MAP_UPDATE, emit.map(schema.symbol), key, memory, emit.constant(bpf.BPF_ANY))
    emit.when(emit.compare("slt", result, emit.constant(0)), lambda: lower.lose_entry(schema, result))


def remove(lower: Lower, statement: Remove) -> None:
    """No entry under a key any more; that there was none is no error."""
    schema = lower.module.maps[statement.map]
    key = lower.key(schema, statement.keys)
    lower.emit.helper(bpf.MAP_DELETE, lower.emit.map(schema.symbol), key)


def event(lower: Lower, statement: Emit) -> None:
    """A record in the ring buffer, written in place."""
    emit = lower.emit
    schema = lower.module.events[statement.event]
    if statement.stops:
        emit.store(emit.state(StateLayout.ARMED), 0, emit.constant(0))
    ring = emit.map("ply_events")
    record = emit.helper_pointer(bpf.RINGBUF_RESERVE, ring, emit.constant(schema.size), emit.constant(0))

    def fill() -> None:
        emit.store(record, 0, emit.constant(schema.number))
        emit.store(record, 8, emit.helper(bpf.KTIME_GET_NS))
        for field, value in zip(schema.fields, statement.values, strict=True):
            lower.value(value, slot_size(field.type), emit.move(record, field.offset))
        emit.helper_void(bpf.RINGBUF_SUBMIT, record, _wake_up(lower))

    full = f"events of {statement.label} come faster than they are read"
    remedy = "select fewer with a predicate, or raise `--ring-size`"
    emit.when(
        emit.is_null(record),
        lambda: lower.lose("ring buffer full", full, "events", remedy),
        lambda: lower.scope(fill),
    )


def _wake_up(lower: Lower) -> Scalar:
    """Flags of the submission: user space is woken once a sleep, never once an event."""
    emit = lower.emit
    asleep = emit.state(StateLayout.ASLEEP)

    def wake() -> Scalar:
        emit.store(asleep, 0, emit.constant(0))
        return emit.constant(bpf.RB_FORCE_WAKEUP)

    return emit.choose(emit.load_now(asleep, 0), wake, lambda: emit.constant(bpf.RB_NO_WAKEUP))

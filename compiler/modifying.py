"""`@n[k]++` and `@n[k] += v`: exact, however many CPUs do it at once.

Sums and bit operations are one atomic instruction; other operators compare and exchange until nobody was quicker.
"""

from collections.abc import Callable
from typing import Protocol

from . import bpf
from .arithmetic import combine
from .emitter import Atomic, Pointer, Region, Scalar
from .function import Lowering
from .schema import MapSchema
from .typed import Modify

TRIES = 64
"""Rounds of compare and exchange before an update is given up, and counted."""
_ATOMIC: dict[str, Atomic] = {"+": "add", "-": "add", "&": "and", "|": "or", "^": "xor"}


class MapLowering(Lowering, Protocol):
    """What this needs of code generation, beyond what functions may use."""

    def lose_entry(self, schema: MapSchema, result: Scalar) -> None:
        """Count an entry that could not be made."""

    def aside(self, code: Callable[[], Scalar]) -> Scalar:
        """A value on one side of a choice."""


def modify(lower: MapLowering, change: Modify) -> Scalar:
    """The entry's old or new value."""
    emit = lower.emit
    schema = lower.schema(change.map)
    value = lower.number(change.value)
    key = lower.key(schema, change.keys)
    first, result = lower.memory(8), lower.memory(8)
    zero = emit.constant(0)

    def in_place(slot: Pointer) -> Scalar:
        old = _in_place(lower, change, slot, value)
        return old if change.gives_old else _combined(lower, change, old, value)

    def insert() -> Scalar:
        start = _combined(lower, change, zero, value)
        emit.store(first, 0, start)
        where = emit.map(schema.symbol)
        emit.store(result, 0, emit.helper(bpf.MAP_UPDATE, where, key, first, emit.constant(bpf.BPF_NOEXIST)))
        inserted = emit.compare("eq", emit.load(result, 0), zero)
        return emit.choose(inserted, lambda: zero if change.gives_old else start, lambda: lower.aside(again))

    def again() -> Scalar:
        slot = lower.look_up(schema, key)
        return emit.choose(emit.is_null(slot), lost, lambda: in_place(slot))

    def lost() -> Scalar:
        lower.lose_entry(schema, emit.load(result, 0))
        return zero

    slot = lower.look_up(schema, key)
    return emit.choose(emit.is_null(slot), lambda: lower.aside(insert), lambda: lower.aside(lambda: in_place(slot)))


def _in_place(lower: MapLowering, change: Modify, slot: Pointer, value: Scalar) -> Scalar:
    """Change the entry; its old value."""
    emit = lower.emit
    atomic = _ATOMIC.get(change.operator)
    if atomic:
        amount = emit.arithmetic("sub", emit.constant(0), value) if change.operator == "-" else value
        return emit.fetch(atomic, slot, amount)
    seen, round_ = lower.memory(8), lower.memory(8)
    emit.store(seen, 0, emit.load_now(slot, 0))
    emit.store(round_, 0, emit.constant(0))

    def attempt() -> Scalar:
        old = emit.load(seen, 0)
        now = emit.exchange_if(slot, old, _combined(lower, change, old, value))
        emit.store(seen, 0, now)
        return emit.compare("eq", now, old)

    def give_up() -> None:
        problem = f"too many CPUs changed map {change.map} at once"
        lower.lose("contention", problem, "updates", "use an aggregation, such as `sum`")
        emit.leave(out[0])

    def rounds() -> None:
        done = attempt()
        count = emit.arithmetic("add", emit.load(round_, 0), emit.constant(1))
        emit.store(round_, 0, count)
        emit.when(done, lambda: emit.leave(out[0]))
        emit.when(emit.compare("uge", count, emit.constant(TRIES)), give_up)

    out: list[Region] = []

    def region(here: Region) -> None:
        out.append(here)
        emit.loop(rounds)

    emit.region(region)
    return emit.load(seen, 0)


def _combined(lower: MapLowering, change: Modify, old: Scalar, value: Scalar) -> Scalar:
    return combine(lower, change.operator, old, value, change.signed)

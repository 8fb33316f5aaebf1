"""Aggregations read by a program: the parts of all CPUs put together, as far as that is one number.

@n[pid] > 100, where @n[pid].count()   ->   the sum of the first word of each CPU's slot

Each CPU's slot is looked up in turn (`bpf_map_lookup_percpu_elem`, Linux 5.19), so the number is as old as the first
of them: another CPU may go on counting meanwhile, as it may right after.
"""

from collections.abc import Callable

from . import bpf
from .aggregation import Aggregation
from .emitter import Pointer, Region, Scalar
from .function import Lowering
from .looping import go_through
from .schema import MapSchema
from .types import Int


def gathered(lower: Lowering, schema: MapSchema, entry: Aggregation, key: Pointer, cpus: int) -> Scalar:
    """The value of an entry; zero where there is none."""
    emit = lower.emit
    assert entry.read is not None and isinstance(schema.value, Int)

    def each(use: Callable[[Pointer], None]) -> None:
        def look(cpu: Scalar, out: Region) -> None:
            slot = emit.helper_pointer(bpf.MAP_LOOKUP_PERCPU_ELEM, emit.map(schema.symbol), key, cpu)
            emit.when(emit.is_null(slot), lambda: emit.leave(out))
            use(slot)

        go_through(emit, cpus, 1, look)

    return entry.read(lower, each, schema.value)

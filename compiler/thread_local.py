"""`self->x`: a value of the current thread, in a hidden map by its number, gone when the thread ends.

self->start = time   ->   the entry of this thread in the map `self->start`
"""

from collections.abc import Sequence

from . import bpf, joining
from .artifact import ProgramEntry
from .attachment import RawTracepoint
from .lowering import Lower
from .module import Module
from .schema import MapSchema

THREAD_LOCAL = "self->"
"""How the names of these maps begin; they are not printed."""
_PLACE = RawTracepoint("sched_process_exit")


def forget_thread(module: Module, symbol: str, maps: Sequence[MapSchema], joined: Sequence[int] = ()) -> ProgramEntry:
    """A program that deletes a thread's entries when it exits: its number may be given to another.

    Also those of calls that will not return, of the clauses `joined` (`joining.py`).
    """
    lower = Lower(module)
    emit = lower.emit

    def body() -> None:
        key = emit.stack(8)
        emit.store(key, 0, emit.extend(emit.helper(bpf.GET_CURRENT_PID_TGID), 32, signed=False))
        for schema in maps:
            emit.helper(bpf.MAP_DELETE, emit.map(schema.symbol), key)
        for number in joined:
            place = emit.stack(joining.KEY_SIZE)
            joining.write_key(lower, place, lower.once(bpf.GET_CURRENT_PID_TGID), number)
            emit.helper(bpf.MAP_DELETE, emit.map(joining.MAP), place)

    emit.program(symbol, _PLACE.section, 1, body)
    return ProgramEntry(symbol, _PLACE, ("the exit of threads",), ())

"""`duration` at the return of a call: the entry notes the time for this thread, the return takes it out again.

    at the entry:   one of the calls? note the time under (thread, clause).
    at the return:  noted? run the clause, with the time since. Else the call began before the run did: it is not one
                    of the events of this run.

A thread is in one call at a time, so there is never more than one note for each thread and clause; what a thread that
dies in the middle leaves behind is deleted with it.
"""

from collections.abc import Callable

from . import bpf
from .emitter import Pointer, Scalar
from .lowering import Lower
from .resolve import nodes
from .typed import Apply, Instance

MAP = "ply_started"
ENTRIES = 16384
"""Threads that may be inside of such calls at once; beyond, calls are lost, and counted."""
KEY_SIZE = 16
NAME = "duration"


def joins(instance: Instance) -> bool:
    """Whether a clause asks how long its call took."""
    return any(_is_use(node) for node in nodes((instance.predicate, instance.body)))


def _is_use(node: object) -> bool:
    return isinstance(node, Apply) and node.name == NAME


def at_entry(lower: Lower, number: int) -> None:
    """Note the time."""
    emit = lower.emit

    def note() -> None:
        place = lower.memory(8)
        emit.store(place, 0, emit.helper(bpf.KTIME_GET_NS))
        key = _key(lower, number)
        result = emit.helper(bpf.MAP_UPDATE, emit.map(MAP), key, place, emit.constant(bpf.BPF_ANY))
        problem = f"more than {ENTRIES} threads were in the calls whose duration is asked for"
        emit.when(
            emit.compare("ne", result, emit.constant(0)),
            lambda: lower.lose("map full", problem, "calls", "ask for fewer calls"),
        )

    lower.statement(NAME, note)


def at_return(lower: Lower, number: int, run: Callable[[], None]) -> None:
    """Run the clause if the call's entry was seen."""
    emit = lower.emit
    took = emit.stack(8)

    def look() -> None:
        key = _key(lower, number)
        found = emit.helper_pointer(bpf.MAP_LOOKUP, emit.map(MAP), key)
        emit.store(took, 0, emit.constant(-1))

        def take() -> None:
            emit.store(took, 0, emit.arithmetic("sub", emit.helper(bpf.KTIME_GET_NS), emit.load(found, 0)))
            emit.helper(bpf.MAP_DELETE, emit.map(MAP), key)

        emit.when(emit.compare("eq", emit.is_null(found), emit.constant(0)), take)

    lower.statement(NAME, look)
    lower.took = emit.load(took, 0)
    emit.when(emit.compare("ne", lower.took, emit.constant(-1)), lambda: lower.scope(run))


def _key(lower: Lower, number: int) -> Pointer:
    key = lower.memory(KEY_SIZE)
    write_key(lower, key, lower.once(bpf.GET_CURRENT_PID_TGID), number)
    return key


def write_key(lower: Lower, key: Pointer, thread: Scalar, number: int) -> None:
    """The thread, as bpf_get_current_pid_tgid gives it, and the number of the clause."""
    lower.emit.store(key, 0, thread)
    lower.emit.store(key, 8, lower.emit.constant(number))

"""Strings that are not in memory yet when a system call begins, but will be when it returns.

A program may not wait for a page, so `str(arg(0))` at the entry of open(2) fails where the path was never touched, as a
literal in a program that has just started. The kernel then reads it itself, so at the call's return it is there:

    at the entry:   all strings readable? run the clause. Else note (thread, clause), and leave it.
    at the return:  noted? run the clause now, with the same arguments.

The second program costs each system call some nanoseconds, so there is one only for clauses that read such strings.
"""

from collections.abc import Callable, Iterator

from ..grammar.frozen import dataclass
from . import bpf
from .access import Access
from .artifact import StateLayout
from .attachment import Attachment
from .emitter import Pointer, Scalar
from .function import TextFunction
from .lowering import Lower
from .registry import functions
from .resolve import nodes
from .typed import (
    Apply,
    Instance,
    TypedExpression,
)
from .types import Int, slot_size, storage

MAP = "ply_waiting"
ENTRIES = 16384
"""Threads that may be inside of such calls at once; beyond, their strings show as a fault."""
KEY_SIZE = 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """The second half of a clause that may have to wait: its number, where it runs then, how it reaches arguments."""

    number: int
    attachment: Attachment
    access: Access


def waiting(instance: Instance, number: int) -> Waiting | None:
    """How a clause can wait; None where it reads no strings of a system call's caller, or cannot wait."""
    later = instance.match.chosen.later
    if later is None or not any(True for _ in _strings(instance)):
        return None
    return Waiting(number, later[0], later[1])


def at_entry(lower: Lower, instance: Instance, wait: Waiting, run: Callable[[], None]) -> None:
    """Run the clause now if its strings are there, else note that it has to run at the return."""
    emit = lower.emit
    later = instance.match.chosen.later
    assert later is not None

    def note() -> Scalar:
        value = lower.memory(8)
        emit.store(value, 0, emit.constant(1))
        result = emit.helper(bpf.MAP_UPDATE, emit.map(MAP), _key(lower, wait), value, emit.constant(bpf.BPF_ANY))
        return emit.compare("eq", result, emit.constant(0))

    def decide() -> None:
        absent = emit.constant(0)
        for pointer, size in dict.fromkeys(_strings(instance)):
            absent = emit.arithmetic("or", absent, _absent(lower, pointer, size))
        absent = emit.arithmetic("and", absent, later[2](lower))
        noted = emit.choose(absent, lambda: lower.aside(note), lambda: emit.constant(0))
        pending = emit.state(StateLayout.WAITING)
        emit.when(noted, lambda: emit.add_in_place(pending, emit.constant(1), shared=True), lambda: lower.scope(run))

    lower.statement("probe", decide)


def at_return(lower: Lower, wait: Waiting, run: Callable[[], None]) -> None:
    """Run the clause if it was noted for this thread."""
    emit = lower.emit

    def look() -> None:
        key = _key(lower, wait)
        found = emit.helper_pointer(bpf.MAP_LOOKUP, emit.map(MAP), key)
        emit.when(emit.compare("eq", emit.is_null(found), emit.constant(0)), lambda: lower.scope(lambda: take(key)))

    def take(key: Pointer) -> None:
        emit.helper(bpf.MAP_DELETE, emit.map(MAP), key)
        emit.add_in_place(emit.state(StateLayout.WAITING), emit.constant(-1), shared=True)
        run()

    anybody = emit.load_now(emit.state(StateLayout.WAITING), 0)
    emit.when(anybody, lambda: lower.scope(lambda: lower.statement("probe", look)))


def _key(lower: Lower, wait: Waiting) -> Pointer:
    emit = lower.emit
    key = lower.memory(KEY_SIZE)
    emit.store(key, 0, lower.once(bpf.GET_CURRENT_PID_TGID))
    emit.store(key, 8, emit.constant(wait.number))
    return key


def _absent(lower: Lower, pointer: TypedExpression, size: int) -> Scalar:
    """Whether the first byte or the last one that a read may touch is not in memory; it may span two pages."""
    emit = lower.emit
    where = lower.number(pointer)
    place = lower.memory(8)

    def touch(offset: int) -> Scalar:
        address = emit.arithmetic("add", where, emit.constant(offset))
        result = emit.helper(bpf.PROBE_READ_USER, place, emit.constant(1), address)
        return emit.compare("ne", result, emit.constant(0))

    return emit.choose(touch(0), lambda: emit.constant(1), lambda: touch(size - 2))


def _strings(instance: Instance) -> Iterator[tuple[TypedExpression, int]]:
    """The address and size of each string that the clause reads from its caller's memory."""
    for apply in _applications((instance.predicate, instance.body)):
        function = functions()[apply.name]
        if isinstance(function, TextFunction) and function.reads:
            kind = storage(apply.arguments[0].type)
            if isinstance(kind, Int) and kind.space == "user":
                yield apply.arguments[0], slot_size(apply.type)


def _applications(root: object) -> Iterator[Apply]:
    return (node for node in nodes(root) if isinstance(node, Apply))

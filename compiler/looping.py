"""Loops over memory, with a counter that the verifier can follow."""

from collections.abc import Callable

from .emitter import Emitter, Pointer, Region, Scalar


def variable(emit: Emitter) -> Pointer:
    """A word of memory, zero at first, that LLVM turns into a register."""
    memory = emit.stack(8)
    emit.store(memory, 0, emit.constant(0))
    return memory


def go_through(
    emit: Emitter, size: int, step: int, look: Callable[[Scalar, Region], None], out: Region | None = None
) -> Scalar:
    """`look` at the places 0, `step`, ... below `size`, until it leaves: `out`, or else the loop alone.

    The value is the place where the loop ended.
    """
    place = variable(emit)

    def around(end: Region) -> None:
        def once() -> None:
            at = emit.load(place, 0)
            emit.when(emit.compare("uge", at, emit.constant(size)), lambda: emit.leave(end))
            look(at, out or end)
            emit.store(place, 0, emit.arithmetic("add", at, emit.constant(step)))

        emit.loop(once)

    emit.region(around)
    return emit.load(place, 0)

"""Stacks as values: a number for each, under which its addresses are in the map `ply_stacks`.

    taken(lower, flags, frames)   ->   n, and ply_stacks[n] = the addresses, innermost first, zeros behind them

The number is a hash of the addresses in 63 bits, so that two stacks share one about once in 10**12 runs of 4000 stacks.
(The kernel's own map of stacks has a place for each value of a hash as long as its size: of 5000 different stacks in
16384 places it refuses some 700.) Numbers below zero say why there is no stack.
"""

from collections.abc import Sequence

from . import bpf
from .emitter import Pointer, Region, Scalar
from .function import Complaint, Lowering
from .looping import go_through, variable
from .typed import Constant, TypedExpression

DEEPEST = 127
"""PERF_MAX_STACK_DEPTH, include/uapi/linux/perf_event.h."""
SIZE = 8 * (DEEPEST + 1)
"""Bytes of an entry: the addresses, and a zero behind them."""
NONE, LOST = -14, -1
"""EFAULT: the kernel found no frames, as in a sample of user code. The other is our own."""
_FACTOR = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio: multiplied by it, numbers that are close come far apart (Knuth, TAOCP 3, 6.4)."""
_EEXIST = -17


def depth(arguments: Sequence[TypedExpression]) -> int:
    """How many frames a call asks for; raises a Complaint for what no stack has."""
    match arguments:
        case [Constant(value=frames)] if 0 < frames <= DEEPEST:
            return frames
        case []:
            return DEEPEST
    raise Complaint("wrong-size", f"a stack has 1 to {DEEPEST} frames", index=0)


def taken(lower: Lowering, flags: int, frames: int) -> Scalar:
    """The number of the stack at this event, its `frames` innermost ones."""
    emit, where = lower.emit, lower.stack_map()
    addresses, number = lower.memory(SIZE), lower.memory(8)
    size = emit.constant(8 * frames)
    length = emit.helper(bpf.GET_STACK, emit.context(), addresses, size, emit.constant(flags))
    emit.store(number, 0, emit.constant(NONE))

    def keep() -> None:
        emit.store(addresses, 8 * frames, emit.constant(0))  # behind shorter ones the kernel has left zeros
        emit.store(number, 0, _hash(lower, addresses, frames))
        known = emit.helper_pointer(bpf.MAP_LOOKUP, where, number)
        emit.when(emit.is_null(known), lambda: _add(lower, where, number, addresses))

    emit.when(emit.compare("sgt", length, emit.constant(0)), keep)
    return emit.load(number, 0)


def _add(lower: Lowering, where: Pointer, number: Pointer, addresses: Pointer) -> None:
    emit = lower.emit
    result = emit.helper(bpf.MAP_UPDATE, where, number, addresses, emit.constant(bpf.BPF_NOEXIST))
    failed = emit.compare("slt", result, emit.constant(0))
    lost = emit.arithmetic("and", failed, emit.compare("ne", result, emit.constant(_EEXIST)))

    def note() -> None:
        emit.store(number, 0, emit.constant(LOST))
        problem = f"the map of stacks has no room for those of {lower.where}"
        lower.lose("stack map full", problem, "stacks", "raise it with `--stack-entries`")

    emit.when(lost, note)


def _hash(lower: Lowering, addresses: Pointer, frames: int) -> Scalar:
    """A number that depends on every address and on their order."""
    emit, sum_ = lower.emit, variable(lower.emit)

    def mix(at: Scalar, out: Region) -> None:
        address = emit.load(emit.move(addresses, at), 0)
        emit.when(emit.compare("eq", address, emit.constant(0)), lambda: emit.leave(out))
        mixed = emit.arithmetic("xor", emit.load(sum_, 0), address)
        mixed = emit.arithmetic("mul", mixed, emit.constant(_FACTOR))
        mixed = emit.arithmetic("xor", mixed, emit.arithmetic("lshr", mixed, emit.constant(32)))
        emit.store(sum_, 0, mixed)

    go_through(emit, 8 * frames, 8, mix)
    return emit.arithmetic("lshr", emit.load(sum_, 0), emit.constant(1))

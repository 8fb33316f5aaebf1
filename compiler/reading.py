"""Code that reads the kernel's memory along an access path, and the fields of a tracepoint's record.

A read that fails gives zero, or the mark of a fault for a string, and counts; it never stops the program.
"""

from . import bpf
from .emitter import Pointer, Scalar
from .function import Lowering
from .memory import mark_cut
from .typed import ContextField, Load, TextAt, TypedExpression
from .types import Int, Space, Str, slot_size, storage


def load(lower: Lowering, read: Load) -> Scalar:
    """A number, `offset` bytes after an address."""
    emit = lower.emit
    where = _address(lower, read.address, read.offset)
    place = lower.memory(8)
    size = emit.constant(read.bits // 8)
    failed = _by_space(lower, _space(read.address), where, place, size, (bpf.PROBE_READ_KERNEL, bpf.PROBE_READ_USER))

    def absent() -> Scalar:
        problem = f"memory that {lower.where} reads is not there"
        lower.lose("memory not readable", problem, "values", "they count as 0")
        return emit.constant(0)

    found = emit.compare("eq", failed, emit.constant(0))
    value = emit.choose(found, lambda: emit.load(place, 0, read.bits, read.signed and not read.width), absent)
    if not read.width:
        return value
    left = emit.arithmetic("shl", value, emit.constant(64 - read.shift - read.width))
    return emit.arithmetic("ashr" if read.signed else "lshr", left, emit.constant(64 - read.width))


def text(lower: Lowering, read: TextAt | ContextField, into: Pointer) -> None:
    """A string of the kernel's: an array of characters, or a field of the record."""
    emit = lower.emit
    kind = read.type
    emit.fill(into, bytes(slot_size(kind)))
    if isinstance(kind, Str):
        helpers, size = (bpf.PROBE_READ_KERNEL_STR, bpf.PROBE_READ_USER_STR), kind.size
    else:
        helpers, size = (bpf.PROBE_READ_KERNEL, bpf.PROBE_READ_USER), slot_size(kind)
    length = emit.constant(size)
    match read:
        case TextAt():
            where = _address(lower, read.address, read.offset)
            result = _by_space(lower, _space(read.address), where, into, length, helpers)
        case ContextField(offset=offset, located=located):
            start = emit.address(emit.context())
            distance = emit.constant(offset)
            if located:
                # The low half of the word is the offset of the string itself (kernel/trace, `__data_loc`).
                distance = emit.arithmetic("and", emit.load(emit.context(), offset, 32), emit.constant(0xFFFF))
            where = emit.arithmetic("add", start, distance)
            result = emit.helper(helpers[0], into, length, where)
            if located:
                following = emit.arithmetic("add", where, emit.constant(size - 1))
                one = emit.constant(1)
                mark_cut(
                    lower, result, into, size, lambda it: emit.helper_void(bpf.PROBE_READ_KERNEL, it, one, following)
                )
    lower.faulted(result, into)


def _address(lower: Lowering, base: TypedExpression, offset: int) -> Scalar:
    address = lower.number(base)
    return lower.emit.arithmetic("add", address, lower.emit.constant(offset)) if offset else address


def _space(base: TypedExpression) -> Space:
    kind = storage(base.type)
    return kind.space if isinstance(kind, Int) else ""


def _by_space(
    lower: Lowering, space: Space, where: Scalar, into: Pointer, size: Scalar, helpers: tuple[int, int]
) -> Scalar:
    """The helper for kernel or for user memory; where the type does not say which, the address's top bit does."""
    emit = lower.emit
    kernel, user = helpers
    if space:
        return emit.helper(kernel if space == "kernel" else user, into, size, where)
    return emit.choose(
        emit.compare("slt", where, emit.constant(0)),
        lambda: emit.helper(kernel, into, size, where),
        lambda: emit.helper(user, into, size, where),
    )

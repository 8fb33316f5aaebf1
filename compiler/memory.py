"""Reading memory that a traced program or the kernel points to: safely, and never silently wrong.

A read that fails leaves the mark of a fault (`00 ff`, which no string has: all is zero after its end) and counts.
"""

from . import bpf
from .emitter import Pointer
from .function import Lowering
from .typed import TypedExpression
from .types import Int, storage


def read_text(lower: Lowering, address: TypedExpression, into: Pointer, size: int) -> None:
    """The string at an address. What a system call was given is user memory, whatever its value says."""
    emit = lower.emit
    where = lower.number(address)
    kind = storage(address.type)
    space = kind.space if isinstance(kind, Int) else ""
    length = emit.constant(size)
    emit.fill(into, bytes((size + 7) // 8 * 8))
    if space == "user":
        result = emit.helper(bpf.PROBE_READ_USER_STR, into, length, where)
    elif space == "kernel":
        result = emit.helper(bpf.PROBE_READ_KERNEL_STR, into, length, where)
    else:
        result = emit.choose(
            emit.compare("slt", where, emit.constant(0)),  # the kernel's half of the address space has the top bit set
            lambda: emit.helper(bpf.PROBE_READ_KERNEL_STR, into, length, where),
            lambda: emit.helper(bpf.PROBE_READ_USER_STR, into, length, where),
        )
    lower.faulted(result, into)

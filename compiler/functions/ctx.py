"""ctx: the address of what the kernel gave the program: a record, saved registers, or arguments, by the kind of probe.

tracepoint:raw_syscalls:sys_enter { @[*(u64 *)(ctx + 8)].count() }
"""

from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "ctx",
    Int(64, signed=False, space="kernel"),
    lambda lower, _: lower.emit.address(lower.emit.context()),
    needs=frozenset({"context"}),
)

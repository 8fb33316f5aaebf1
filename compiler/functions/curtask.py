"""curtask: the kernel's `struct task_struct` of the thread that the event happened in.

kprobe:SyS_read { @[curtask->pid].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Pointer, Struct

FUNCTION = NumberFunction(
    "curtask",
    Pointer(Struct("struct task_struct"), "kernel"),
    lambda lower, _: lower.once(bpf.GET_CURRENT_TASK),
    needs=frozenset({"task"}),
    aliases=("curthread",),
)

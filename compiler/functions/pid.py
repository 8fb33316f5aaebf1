"""pid: the process that the event happened in (the thread group's id).

kprobe:SyS_read { @[pid].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "pid",
    Int(32, signed=False),
    lambda lower, _: lower.emit.arithmetic("lshr", lower.once(bpf.GET_CURRENT_PID_TGID), lower.emit.constant(32)),
    needs=frozenset({"task"}),
    aliases=("tgid",),
)

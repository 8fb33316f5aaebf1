"""tid: the thread that the event happened in.

kprobe:SyS_read { @[tid].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "tid",
    Int(32, signed=False),
    lambda lower, _: lower.emit.extend(lower.once(bpf.GET_CURRENT_PID_TGID), 32, signed=False),
    needs=frozenset({"task"}),
    aliases=("kpid",),
)

"""gid: the group that the process runs as.

kprobe:SyS_open { @[gid].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "gid",
    Int(32, signed=False),
    lambda lower, _: lower.emit.arithmetic("lshr", lower.once(bpf.GET_CURRENT_UID_GID), lower.emit.constant(32)),
    needs=frozenset({"task"}),
)

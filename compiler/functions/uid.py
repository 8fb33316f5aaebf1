"""uid: the user that the process runs as.

kprobe:SyS_open / uid != 0 / { @[comm].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "uid",
    Int(32, signed=False),
    lambda lower, _: lower.emit.extend(lower.once(bpf.GET_CURRENT_UID_GID), 32, signed=False),
    needs=frozenset({"task"}),
)

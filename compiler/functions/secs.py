"""secs: seconds since the machine started, without the time it slept.

kprobe:SyS_read { @[secs].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "secs",
    Int(64, signed=False),
    lambda lower, _: lower.emit.arithmetic("udiv", lower.once(bpf.KTIME_GET_NS), lower.emit.constant(1_000_000_000)),
)

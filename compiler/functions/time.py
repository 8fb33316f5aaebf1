"""time: nanoseconds since the machine started, without the time it slept.

kprobe:SyS_read { @start[tid] = time }    kretprobe:SyS_read / @start[tid] / { @.quantize(time - @start[tid]) }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "time",
    Int(64, signed=False, unit="ns"),
    lambda lower, _: lower.emit.helper(bpf.KTIME_GET_NS),
    aliases=("nsecs",),
)

"""ksym(P): the kernel function that address P is in, as `schedule+0x1a`, or `schedule` where P is its start.

kprobe:vfs_read { @[ksym(arg0)].count() }
"""

from ..function import NumberFunction, Parameter
from ..types import U64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`0xffffffff8120760a` -> `abort+0xa`."""
    assert isinstance(raw, int)
    frame = world.kernel_frame(raw)
    if not frame.symbol or frame.offset:
        return str(frame)
    return f"{frame.symbol} [{frame.module}]" if frame.module else frame.symbol


FUNCTION = NumberFunction(
    "ksym",
    Shown(U64, "ksym"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("P"),),
)

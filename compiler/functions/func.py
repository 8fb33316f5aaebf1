"""func: the function, system call or probe that the event came from: `sys_read`, `vfs_read`, `sched:sched_switch`.

kprobe:SyS_* { @[func].count() }
"""

from ..function import NumberFunction
from ..names import INTERNED, INTERNED_END
from ..types import U64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`0` -> `sys_read`."""
    assert isinstance(raw, int)
    if raw < INTERNED:
        return f"sys_{world.syscall_name(raw)}"
    if raw < INTERNED_END:
        return world.string(raw - INTERNED)
    name = world.kernel_frame(raw).symbol or f"{raw:#x}"
    for prefix in ("__x64_", "__arm64_"):
        name = name.removeprefix(prefix)
    return name


FUNCTION = NumberFunction(
    "func",
    Shown(U64, "func"),
    lambda lower, _: lower.access.function(lower),
    needs=frozenset({"function"}),
    aliases=("probefunc",),
)

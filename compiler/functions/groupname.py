"""groupname([GID]): the name of group GID; of the one that the process runs as where GID is not given.

kprobe:SyS_open { @[groupname].count() }
"""

from .. import bpf
from ..function import NumberFunction, Parameter
from ..types import Int, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`0` -> `root`."""
    assert isinstance(raw, int)
    return world.group_name(raw)


FUNCTION = NumberFunction(
    "groupname",
    Shown(Int(32, signed=False), "groupname"),
    lambda lower, given: (
        lower.emit.extend(lower.number(given[0]), 32, signed=False)
        if given
        else lower.emit.arithmetic("lshr", lower.once(bpf.GET_CURRENT_UID_GID), lower.emit.constant(32))
    ),
    parameters=(Parameter("GID", optional=True),),
)

"""username([UID]): the name of user UID; of the one that the process runs as where UID is not given.

kprobe:SyS_open { @[username].count() }
"""

from .. import bpf
from ..function import NumberFunction, Parameter
from ..types import Int, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`0` -> `root`."""
    assert isinstance(raw, int)
    return world.user_name(raw)


FUNCTION = NumberFunction(
    "username",
    Shown(Int(32, signed=False), "username"),
    lambda lower, given: lower.emit.extend(
        lower.number(given[0]) if given else lower.once(bpf.GET_CURRENT_UID_GID), 32, signed=False
    ),
    parameters=(Parameter("UID", optional=True),),
)

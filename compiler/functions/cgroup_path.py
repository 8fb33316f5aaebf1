"""cgroup_path([ID]): the path of a control group (version 2), of the current one where ID is not given.

kprobe:SyS_read { @[cgroup_path].count() }
"""

from .. import bpf
from ..function import NumberFunction, Parameter
from ..types import U64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`1` -> `/`."""
    assert isinstance(raw, int)
    return world.cgroup_path(raw)


FUNCTION = NumberFunction(
    "cgroup_path",
    Shown(U64, "cgroup_path"),
    lambda lower, given: lower.number(given[0]) if given else lower.once(bpf.GET_CURRENT_CGROUP_ID),
    parameters=(Parameter("ID", optional=True),),
)

"""errname(X): the name of error number X, as `ENOENT`; X may be negative, as system calls return it.

kretprobe:SyS_open / retval < 0 / { @[errname(retval)].count() }
"""

from ..function import NumberFunction, Parameter
from ..types import S64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`-2` -> `ENOENT`."""
    assert isinstance(raw, int)
    return world.errno_name(abs(raw))


FUNCTION = NumberFunction(
    "errname",
    Shown(S64, "errname"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("X"),),
)

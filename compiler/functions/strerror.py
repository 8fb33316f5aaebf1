"""strerror(X): what error number X means; X may be negative, as system calls return it.

kretprobe:SyS_open / retval < 0 / { @[strerror(retval)].count() }
"""

from ..function import NumberFunction, Parameter
from ..types import S64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`-2` -> `No such file or directory`."""
    assert isinstance(raw, int)
    return world.errno_text(abs(raw))


FUNCTION = NumberFunction(
    "strerror",
    Shown(S64, "strerror"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("X"),),
)

"""syscall_name(N): the name of system call number N, as `openat`.

BEGIN { print(syscall_name(0)) }
"""

from ..function import NumberFunction, Parameter
from ..types import S64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`0` -> `read`."""
    assert isinstance(raw, int)
    return world.syscall_name(raw)


FUNCTION = NumberFunction(
    "syscall_name",
    Shown(S64, "syscall_name"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("N"),),
)

"""signal_name(N): the name of signal N, as `SIGKILL`.

kprobe:SyS_kill { @[signal_name(arg1)].count() }
"""

from ..function import NumberFunction, Parameter
from ..types import S64, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """`9` -> `SIGKILL`."""
    assert isinstance(raw, int)
    return world.signal_name(raw)


FUNCTION = NumberFunction(
    "signal_name",
    Shown(S64, "signal_name"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("N"),),
    aliases=("signame",),
)

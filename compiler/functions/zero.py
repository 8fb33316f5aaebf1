"""zero(@m): set all values of a map to zero; its keys stay.

kprobe:SyS_read { @.count() }    interval:1s { print(@); zero(@) }
"""

from collections.abc import Sequence

from ..effects import ZeroMap
from ..function import Action, ActionFunction, Parameter
from ..typed import MapName, TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    target = arguments[0]
    assert isinstance(target, MapName)
    return Action(ZeroMap(target.map))


FUNCTION = ActionFunction("zero", _act, parameters=(Parameter("@m", "map"),))

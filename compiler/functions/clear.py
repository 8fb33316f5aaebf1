"""clear(@m): empty a map.

kprobe:SyS_read { @.count() }    interval:1s { print(@); clear(@) }
"""

from collections.abc import Sequence

from ..effects import ClearMap
from ..function import Action, ActionFunction, Parameter
from ..typed import MapName, TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    target = arguments[0]
    assert isinstance(target, MapName)
    return Action(ClearMap(target.map))


FUNCTION = ActionFunction("clear", _act, parameters=(Parameter("@m", "map"),))

"""print(X, ...): values with a line end; print(@m [, N]): a map as it is now, its N largest rows.

kprobe:SyS_read { @[comm].count() }    interval:1s { print(@, 10) }
"""

from collections.abc import Sequence

from ..effects import Print, PrintMap
from ..function import Action, ActionFunction, Complaint, Parameter
from ..typed import Constant, MapName, TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    match arguments:
        case [MapName(map=name)]:
            return Action(PrintMap(name))
        case [MapName(map=name), Constant(value=top)] if top > 0:
            return Action(PrintMap(name, top))
        case [MapName(), _]:
            raise Complaint("wrong-top", "how many rows to print is a literal of at least 1", index=1)
    return Action(Print(), tuple(arguments))


FUNCTION = ActionFunction("print", _act, parameters=(Parameter("X", "shown"),), rest=True, aliases=("trace",))

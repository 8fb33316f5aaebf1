"""exit([STATUS]): end the run; the maps are printed, and STATUS (zero where not given) is ply's exit status.

interval:10s { exit() }
"""

from collections.abc import Sequence

from ..effects import Exit
from ..function import Action, ActionFunction, Parameter
from ..typed import TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    return Action(Exit(), tuple(arguments))


FUNCTION = ActionFunction("exit", _act, parameters=(Parameter("STATUS", optional=True),))

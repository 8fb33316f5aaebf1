r"""system(FORMAT, ...): run a shell command, and print what it prints; only with `--unsafe`.

interval:10s { system("uptime") }

Texts arrive as one word each, whatever is in them, so they need no quotes: `system("ls -d %s", str(arg0))`.
"""

from collections.abc import Sequence

from ..effects import Shell
from ..function import Action, ActionFunction, Parameter
from ..printing import formatted
from ..typed import TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    pieces, values = formatted(arguments)
    return Action(Shell(pieces), values)


FUNCTION = ActionFunction("system", _act, parameters=(Parameter("FORMAT", "text-literal"),), rest=True)

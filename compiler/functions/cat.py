r"""cat(FORMAT, ...): print a file; only with `--unsafe`.

kprobe:SyS_execve { cat("/proc/%d/status", pid) }
"""

from collections.abc import Sequence

from ..effects import Cat
from ..function import Action, ActionFunction, Parameter
from ..printing import formatted
from ..typed import TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    pieces, values = formatted(arguments)
    return Action(Cat(pieces), values)


FUNCTION = ActionFunction("cat", _act, parameters=(Parameter("FORMAT", "text-literal"),), rest=True)

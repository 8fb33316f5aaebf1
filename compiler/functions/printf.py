r"""printf(FORMAT, ...): text with values in it, by C's conversions; `%v` shows any value as it prints by itself.

kprobe:SyS_open { printf("%16s(%5d): %s\n", comm, pid, str(arg0)) }

`%hhx %hx %x %lx` show the low 8, 16, 32 and 64 bits, as in C; `%d` and `%u` without a length show all of a number.
`%r` shows raw bytes, `%e %f %g` a number with a decimal point.
"""

from collections.abc import Sequence

from ..effects import Printf
from ..function import Action, ActionFunction, Parameter
from ..printing import formatted
from ..typed import TypedExpression


def _act(arguments: Sequence[TypedExpression]) -> Action:
    pieces, values = formatted(arguments)
    return Action(Printf(pieces), values)


FUNCTION = ActionFunction("printf", _act, parameters=(Parameter("FORMAT", "text-literal"),), rest=True)

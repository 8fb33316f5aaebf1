"""retval: what the function or system call returned, signed: negative for an error.

kretprobe:SyS_read / retval < 0 / { @[retval].count() }
"""

from ..function import NumberFunction
from ..types import S64

FUNCTION = NumberFunction(
    "retval",
    S64,
    lambda lower, _: lower.access.result(lower),
    needs=frozenset({"result"}),
)

"""strcmp(A, B): -1, 0 or 1 for string A before, equal to or after string B, by their bytes.

kprobe:SyS_read / !strcmp(comm, "dd") / { @.count() }
"""

from ..function import NumberFunction, Parameter
from ..strings import order
from ..types import Int

FUNCTION = NumberFunction(
    "strcmp",
    Int(32),
    lambda lower, given: order(lower, given[0], given[1]),
    parameters=(Parameter("A", "text"), Parameter("B", "text")),
)

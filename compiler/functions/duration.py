"""duration: how long the system call took that returns, in nanoseconds, with its unit.

syscall:read:return { @[comm].quantize(duration) }

A call that had begun before the run did is no event of such a clause.
"""

from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "duration",
    Int(64, signed=False, unit="ns"),
    lambda lower, _: lower.duration(),
    needs=frozenset({"duration"}),
)

"""cpid: the traced command's pid, as `$target`; zero where there is none.

kprobe:SyS_read / pid == cpid / { @.count() }
"""

from ..artifact import StateLayout
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "cpid",
    Int(32, signed=False),
    lambda lower, _: lower.emit.load(lower.emit.state(StateLayout.TARGET), 0),
)

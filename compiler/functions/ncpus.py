"""ncpus: how many processors are online.

BEGIN { @[ncpus].count() }
"""

from ..artifact import StateLayout
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "ncpus",
    Int(32, signed=False),
    lambda lower, _: lower.emit.load(lower.emit.state(StateLayout.CPUS), 0),
)

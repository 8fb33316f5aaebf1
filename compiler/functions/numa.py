"""numa: the memory node of the processor that the event happened on, from zero.

profile:99hz { @[numa].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "numa",
    Int(32, signed=False),
    lambda lower, _: lower.emit.extend(lower.once(bpf.GET_NUMA_NODE_ID), 32, signed=False),
    aliases=("numa_id", "numaid"),
)

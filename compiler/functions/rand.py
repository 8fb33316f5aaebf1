"""rand: a random number of 32 bits, another one at each call.

kprobe:SyS_read / rand % 100 == 0 / { @[comm].count() }
"""

from .. import bpf
from ..function import NumberFunction
from ..types import Int

FUNCTION = NumberFunction(
    "rand",
    Int(32, signed=False),
    lambda lower, _: lower.emit.extend(lower.emit.helper(bpf.GET_PRANDOM_U32), 32, signed=False),
    aliases=("random",),
    constant=False,
)

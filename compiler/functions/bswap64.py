r"""bswap64(X): the low 64 bits of X with their bytes in the other order.

BEGIN { printf("%x\n", bswap64(0x1234)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "bswap64",
    Int(64, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 64),
    parameters=(Parameter("X"),),
)

r"""bswap32(X): the low 32 bits of X with their bytes in the other order.

BEGIN { printf("%x\n", bswap32(0x1234)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "bswap32",
    Int(32, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 32),
    parameters=(Parameter("X"),),
)

r"""bswap16(X): the low 16 bits of X with their bytes in the other order.

BEGIN { printf("%x\n", bswap16(0x1234)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "bswap16",
    Int(16, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 16),
    parameters=(Parameter("X"),),
)

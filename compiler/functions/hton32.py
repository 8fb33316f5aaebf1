r"""hton32(X): the low 32 bits of X between the machine's byte order and the network's; also `htonl` and `ntohl`.

BEGIN { printf("port %d\n", hton32(0x5000)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "hton32",
    Int(32, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 32),  # BPF is little-endian here (bpfel)
    parameters=(Parameter("X"),),
    aliases=("htonl", "ntohl", "ntoh32"),
)

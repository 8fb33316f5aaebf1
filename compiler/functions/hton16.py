r"""hton16(X): the low 16 bits of X between the machine's byte order and the network's; also `htons` and `ntohs`.

BEGIN { printf("port %d\n", hton16(0x5000)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "hton16",
    Int(16, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 16),  # BPF is little-endian here (bpfel)
    parameters=(Parameter("X"),),
    aliases=("htons", "ntohs", "ntoh16"),
)

r"""hton64(X): the low 64 bits of X between the machine's byte order and the network's; also `htonll` and `ntohll`.

BEGIN { printf("port %d\n", hton64(0x5000)) }
"""

from ..function import NumberFunction, Parameter
from ..strings import swapped
from ..types import Int

FUNCTION = NumberFunction(
    "hton64",
    Int(64, signed=False),
    lambda lower, given: swapped(lower, lower.number(given[0]), 64),  # BPF is little-endian here (bpfel)
    parameters=(Parameter("X"),),
    aliases=("htonll", "ntohll", "ntoh64"),
)

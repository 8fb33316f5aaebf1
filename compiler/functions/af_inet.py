r"""AF_INET: the address family of IPv4, 2.

kprobe:SyS_connect { printf("%s\n", ntop(AF_INET, arg1 + 4)) }
"""

from ..function import NumberFunction
from ..types import S64

FUNCTION = NumberFunction("AF_INET", S64, lambda lower, _: lower.emit.constant(2))

r"""AF_INET6: the address family of IPv6, 10.

kprobe:SyS_connect { printf("%s\n", ntop(AF_INET6, arg1 + 8)) }
"""

from ..function import NumberFunction
from ..types import S64

FUNCTION = NumberFunction("AF_INET6", S64, lambda lower, _: lower.emit.constant(10))

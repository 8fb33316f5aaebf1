r"""kptr(P): the address P, known to be in the kernel's memory; reads through it need not guess.

kprobe:vfs_read { printf("%d\n", mem(kptr(arg0), "w")) }
"""

from ..address_space import address_in
from ..function import NumberFunction, Parameter

FUNCTION = NumberFunction(
    "kptr",
    address_in("kernel"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("P"),),
)

r"""uptr(P): the address P, known to be in the memory of the process; reads through it need not guess.

kprobe:vfs_read { printf("%s\n", str(uptr(arg1), 16)) }
"""

from ..address_space import address_in
from ..function import NumberFunction, Parameter

FUNCTION = NumberFunction(
    "uptr",
    address_in("user"),
    lambda lower, given: lower.number(given[0]),
    parameters=(Parameter("P"),),
)

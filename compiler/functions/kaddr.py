r"""kaddr("NAME"): the address of a function or a variable of the kernel.

BEGIN { printf("%p\n", kaddr("vfs_read")) }
"""

from collections.abc import Sequence

from ..function import Complaint, FactFunction, Parameter
from ..host import Host
from ..typed import Text, TypedExpression
from ..types import Int


def _look_up(arguments: Sequence[TypedExpression], host: Host) -> int:
    name = arguments[0]
    assert isinstance(name, Text)
    address = host.address(name.value.decode("latin-1"))
    if address is None:
        message = f"the kernel has no symbol `{name.value.decode('latin-1')}`, or /proc/kallsyms hides its address"
        raise Complaint("no-such-symbol", message, "`grep NAME /proc/kallsyms` shows the symbols there are", index=0)
    return address


FUNCTION = FactFunction(
    "kaddr", Int(64, signed=False, space="kernel"), _look_up, parameters=(Parameter("NAME", "text-literal"),)
)

"""uaddr(NAME): where a function or a variable of the probed file is, in the memory of the process at the event.

uprobe:bash:readline { @[*(s32 *)uaddr("readline")].count() }

Wherever the file was loaded: that is known from where the probed function is. So it is for `uprobe` of one function.
"""

from collections.abc import Sequence

from ..access import Access
from ..emitter import Scalar
from ..function import Complaint, Lowering, NumberFunction, Parameter
from ..typed import Text, TypedExpression
from ..types import Int, Type
from ..user_functions import UserRegisters


def _distance(arguments: Sequence[TypedExpression], access: Access) -> int:
    """From the probed place to the symbol, as the file was linked."""
    name = arguments[0]
    assert isinstance(name, Text)
    if not isinstance(access, UserRegisters) or access.binary is None or access.on_return:
        help = "write it in a clause of `uprobe:PATH:FUNCTION`, without a glob"
        raise Complaint("not-offered", "`uaddr` is known where one function of a file is probed", help)
    found = access.binary.address(name.value.decode("latin-1"))
    if found is None:
        message = f"`{access.binary.path}` has no symbol `{name.value.decode('latin-1')}`"
        raise Complaint("no-such-symbol", message, "`nm -D` and `nm` list a file's symbols", index=0)
    return found - access.address


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    _distance(arguments, access)
    return Int(64, signed=False, space="user")


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    access, emit = lower.access, lower.emit
    assert isinstance(access, UserRegisters)
    return emit.arithmetic("add", access.register(lower, "ip"), emit.constant(_distance(arguments, access)))


FUNCTION = NumberFunction(
    "uaddr", _result, _emit, parameters=(Parameter("NAME", "text-literal"),), needs=frozenset({"registers"})
)

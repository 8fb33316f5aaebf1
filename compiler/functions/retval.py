"""retval: what the function or system call returned, signed: negative for an error; of its own type, where BTF has it.

kretprobe:SyS_read / retval < 0 / { @[retval].count() }
"""

from collections.abc import Sequence

from ..access import Access, Typed
from ..emitter import Scalar
from ..function import Lowering, NumberFunction
from ..typed import TypedExpression
from ..types import S64, Int, Pointer, Type


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    known = access.prototype() if isinstance(access, Typed) and "result" in access.offers else None
    return known.result if known is not None and isinstance(known.result, Int | Pointer) else S64


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    kind, value = _result(arguments, lower.access), lower.access.result(lower)
    return lower.emit.extend(value, kind.bits, kind.signed) if isinstance(kind, Int) else value


FUNCTION = NumberFunction("retval", _result, _emit, needs=frozenset({"result"}))

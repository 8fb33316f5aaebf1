"""abs(X): X without its sign.

kretprobe:SyS_read { @.quantize(abs(retval)) }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..typed import TypedExpression
from ..types import Int, Type, storage


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    kind = storage(arguments[0].type)
    assert isinstance(kind, Int)
    return Int(64, kind.signed or kind.bits < 64, kind.unit)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    """Two's complement: the smallest number stays what it is."""
    emit, value = lower.emit, lower.number(arguments[0])
    kind = storage(arguments[0].type)
    if isinstance(kind, Int) and not kind.signed:
        return value
    sign = emit.arithmetic("ashr", value, emit.constant(63))
    return emit.arithmetic("sub", emit.arithmetic("xor", value, sign), sign)


FUNCTION = NumberFunction("abs", _result, _emit, parameters=(Parameter("X"),))

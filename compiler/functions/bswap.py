"""bswap(X): the bytes of X in the other order, as many as its type has.

tracepoint:sched:sched_switch { @[bswap(pid)].count() }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..strings import swapped
from ..typed import TypedExpression
from ..types import Int, Type, storage


def _bits(arguments: Sequence[TypedExpression]) -> int:
    kind = storage(arguments[0].type)
    assert isinstance(kind, Int)
    return kind.bits


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    return Int(_bits(arguments), signed=False)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    return swapped(lower, lower.number(arguments[0]), _bits(arguments))


FUNCTION = NumberFunction("bswap", _result, _emit, parameters=(Parameter("X"),))

"""arg(N): argument N of the function or system call, from zero, as an unsigned 64-bit number; also `arg0`, `arg1`, ...

kprobe:SyS_read / arg(2) > 1024 / { @.quantize(arg(2)) }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Complaint, Lowering, NumberFunction, Parameter
from ..typed import Constant, TypedExpression
from ..types import Int, Space, Type


def _result(arguments: Sequence[TypedExpression], space: Space) -> Type:
    match arguments[0]:
        case Constant(value=value) if 0 <= value <= 5:
            return Int(64, signed=False, space=space)
    raise Complaint("no-such-argument", "arguments are numbered from 0 to 5", "further ones are on the stack", index=0)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    number = arguments[0]
    assert isinstance(number, Constant)
    return lower.access.argument(lower, number.value)


FUNCTION = NumberFunction(
    "arg",
    _result,
    _emit,
    parameters=(Parameter("N", "literal"),),
    needs=frozenset({"arguments"}),
)

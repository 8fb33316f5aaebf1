"""strncmp(A, B, N): as `strcmp`, but only the first N bytes count.

kprobe:SyS_read / strncmp(comm, "kworker", 7) == 0 / { @.count() }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Complaint, Lowering, NumberFunction, Parameter
from ..strings import order
from ..typed import Constant, TypedExpression
from ..types import Int, Type


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    match arguments:
        case [_, _, Constant(value=value)] if value >= 0:
            return Int(32)
    raise Complaint("wrong-size", "how many bytes count is a literal from 0", index=2)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    limit = arguments[2]
    assert isinstance(limit, Constant)
    return order(lower, arguments[0], arguments[1], limit.value)


FUNCTION = NumberFunction(
    "strncmp",
    _result,
    _emit,
    parameters=(Parameter("A", "text"), Parameter("B", "text"), Parameter("N", "literal")),
)

"""strcontains(S, TEXT): 1 if TEXT, a literal, occurs in string S, else 0.

kprobe:SyS_open / strcontains(str(arg0), ".so") / { @[comm].count() }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..strings import position, searchable
from ..typed import Text, TypedExpression
from ..types import BOOL, Type


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    searchable(arguments[0], arguments[1])
    return BOOL


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    text, wanted = arguments
    assert isinstance(wanted, Text)
    return lower.emit.compare("sge", position(lower, text, wanted.value), lower.emit.constant(0))


FUNCTION = NumberFunction(
    "strcontains",
    _result,
    _emit,
    parameters=(Parameter("S", "text"), Parameter("TEXT", "text-literal")),
)

"""strstr(S, TEXT): where TEXT, a literal, begins in string S, counted from zero; -1 where it does not occur.

kprobe:SyS_open { @[strstr(str(arg0), ".so")].count() }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..strings import position, searchable
from ..typed import Text, TypedExpression
from ..types import Int, Type


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    searchable(arguments[0], arguments[1])
    return Int(32)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    text, wanted = arguments
    assert isinstance(wanted, Text)
    return position(lower, text, wanted.value)


FUNCTION = NumberFunction(
    "strstr",
    _result,
    _emit,
    parameters=(Parameter("S", "text"), Parameter("TEXT", "text-literal")),
)

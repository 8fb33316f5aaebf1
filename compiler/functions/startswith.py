"""startswith(S, TEXT): 1 if string S begins with TEXT, a literal, else 0.

kprobe:SyS_open / startswith(str(arg0), "/proc/") / { @[comm].count() }
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..strings import order
from ..typed import Text, TypedExpression
from ..types import BOOL


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    text, start = arguments
    assert isinstance(start, Text)
    emit = lower.emit
    return emit.compare("eq", order(lower, text, start, len(start.value)), emit.constant(0))


FUNCTION = NumberFunction(
    "startswith",
    BOOL,
    _emit,
    parameters=(Parameter("S", "text"), Parameter("TEXT", "text-literal")),
)

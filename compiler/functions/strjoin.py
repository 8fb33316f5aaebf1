"""strjoin(A, B): string A with string B behind it; `A + B` is the same.

kprobe:SyS_read { @[strjoin("by ", comm)].count() }
"""

from collections.abc import Sequence

from ..access import Access
from ..emitter import Pointer
from ..function import Complaint, Lowering, Parameter, TextFunction
from ..strings import join, text_size
from ..typed import TypedExpression
from ..types import Str, Type

LONGEST = 4096


def _result(arguments: Sequence[TypedExpression], _: Access) -> Type:
    size = sum(map(text_size, arguments)) - 1
    if size > LONGEST:
        message = f"a string has up to {LONGEST - 1} bytes, and this may have {size - 1}"
        raise Complaint("string-too-long", message, "read less of its parts: `str(p, 64)`")
    return Str(size)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    first, second = arguments
    join(lower, first, second, into, size)


FUNCTION = TextFunction(
    "strjoin",
    _result,
    _emit,
    parameters=(Parameter("A", "text"), Parameter("B", "text")),
    cuts=True,
)

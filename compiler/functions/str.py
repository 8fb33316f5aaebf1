r"""str(P [, N]): the string at address P, up to N bytes (127 where N is not given).

kprobe:SyS_openat { printf("%s\n", str(arg1)) }
"""

from collections.abc import Sequence

from ..access import Access
from ..emitter import Pointer
from ..function import Complaint, Lowering, Parameter, TextFunction
from ..memory import read_text
from ..typed import Constant, TypedExpression
from ..types import Str, Type

LONGEST = 4096


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    match arguments[1:]:
        case []:
            return Str(128)
        case [Constant(value=size)] if 0 < size <= LONGEST:
            return Str(size + 1)
    raise Complaint("wrong-size", f"a string has 1 to {LONGEST} bytes", index=1)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    read_text(lower, arguments[0], into, size)


FUNCTION = TextFunction(
    "str",
    _result,
    _emit,
    parameters=(Parameter("P"), Parameter("N", "literal", optional=True)),
    reads=True,
    cuts=True,
    aliases=("copyinstr",),
)

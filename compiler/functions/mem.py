"""mem(P, FORMAT): memory at address P; FORMAT "128s" is a string of up to 128 bytes.

kprobe:SyS_open { printf("%s\n", mem(arg(0), "128s")) }
"""

from collections.abc import Sequence

from ..access import Access
from ..emitter import Pointer
from ..function import Complaint, Lowering, Parameter, TextFunction
from ..memory import read_text
from ..typed import Text, TypedExpression
from ..types import Str, Type

LONGEST = 4096


def _result(arguments: Sequence[TypedExpression], access: Access) -> Type:
    layout = arguments[1]
    assert isinstance(layout, Text)
    count, kind = layout.value[:-1], layout.value[-1:]
    if kind == b"s" and count.isdigit() and 0 < int(count) <= LONGEST:
        return Str(int(count) + 1)
    help = f'write `mem(P, "128s")` for a string of up to 128 bytes ({LONGEST} at most)'
    raise Complaint("wrong-memory-format", "this is not a format of memory", help, index=1)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    read_text(lower, arguments[0], into, size)


FUNCTION = TextFunction(
    "mem",
    _result,
    _emit,
    parameters=(Parameter("P"), Parameter("FORMAT", "text-literal")),
    reads=True,
)

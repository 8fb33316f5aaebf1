"""len(@m): how many entries a map has now; len(S): the bytes of a string, as `strlen`.

kprobe:SyS_read { @open[pid] = time }    interval:1s { printf("%d reading\\n", len(@open)) }

The program goes through the map to count them, which takes a while for a large one.
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..strings import length
from ..typed import MapName, TypedExpression
from ..types import S64


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    match arguments[0]:
        case MapName(map=name):
            return lower.emit.for_each(lower.schema(name).symbol, (), lambda _: lower.emit.constant(0))
        case text:
            return length(lower, text)


FUNCTION = NumberFunction("len", S64, _emit, parameters=(Parameter("X", "sized"),), constant=False)

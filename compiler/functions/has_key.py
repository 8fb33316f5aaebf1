"""has_key(@m[K]), has_key(@m, K, ...): 1 where the map has an entry for this key, else 0.

kprobe:SyS_openat { @opening[tid] = time }  kprobe:SyS_read / has_key(@opening[tid]) / { @.count() }

Reading a key that is not there gives 0, which may also be the value of one that is: this tells them apart.
"""

from collections.abc import Sequence

from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..typed import Read, TypedExpression
from ..types import BOOL


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    entry, emit = arguments[0], lower.emit
    assert isinstance(entry, Read)
    schema = lower.schema(entry.map)
    found = lower.look_up(schema, lower.key(schema, entry.keys))
    return emit.compare("eq", emit.is_null(found), emit.constant(0))


FUNCTION = NumberFunction("has_key", BOOL, _emit, parameters=(Parameter("@m[K]", "entry"),), constant=False)

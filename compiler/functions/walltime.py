r"""walltime: nanoseconds since 1970, UTC, by the clock as it was set when the run began.

BEGIN { printf("%d seconds\n", walltime / 1s) }
"""

from .. import bpf
from ..artifact import StateLayout
from ..emitter import Scalar
from ..function import Lowering, NumberFunction
from ..types import Int


def _emit(lower: Lowering, _: object) -> Scalar:
    emit = lower.emit
    offset = emit.load(emit.state(StateLayout.EPOCH), 0)
    return emit.arithmetic("add", lower.once(bpf.KTIME_GET_NS), offset)


FUNCTION = NumberFunction("walltime", Int(64, signed=False), _emit, aliases=("walltimestamp",))

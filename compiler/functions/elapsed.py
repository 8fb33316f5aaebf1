"""elapsed: nanoseconds since the run began, just before BEGIN.

kprobe:SyS_read { @[elapsed / 1s].count() }
"""

from .. import bpf
from ..artifact import StateLayout
from ..emitter import Scalar
from ..function import Lowering, NumberFunction
from ..types import Int


def _emit(lower: Lowering, _: object) -> Scalar:
    emit = lower.emit
    began = emit.load(emit.state(StateLayout.BEGAN), 0)
    return emit.arithmetic("sub", lower.once(bpf.KTIME_GET_NS), began)


FUNCTION = NumberFunction("elapsed", Int(64, signed=False, unit="ns"), _emit)

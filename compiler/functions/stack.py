"""stack: the kernel's stack at the event, innermost frame first.

tracepoint:sched:sched_switch { @[stack].count() }
"""

from .. import bpf
from ..emitter import Scalar
from ..function import Lowering, NumberFunction
from ..types import S64, Shown
from ..values import Stack, Value
from ..world import World

_NO_STACK = -14
"""EFAULT: bpf_get_stackid found no frames, as in a sample of user code."""

_OURS = ("bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_", "bpf_trampoline_")
"""The way from a raw tracepoint to this program, which is not the traced code's."""

SHOWS = Stack
"""What `render` gives; formats that draw stacks look for it."""


def render(raw: Value, world: World) -> Value:
    """A stack id -> frames with symbols."""
    assert isinstance(raw, int)
    if raw < 0:
        return Stack((), "no kernel stack" if raw == _NO_STACK else "stack lost")
    addresses = world.stack_frames(raw)
    if addresses is None:
        return Stack((), "stack lost")
    frames = [world.kernel_frame(address) for address in addresses]
    while frames and frames[0].symbol.startswith(_OURS):
        del frames[0]
    return Stack(tuple(frames))


def _emit(lower: Lowering, _: object) -> Scalar:
    emit = lower.emit
    found = emit.helper(bpf.GET_STACKID, emit.context(), lower.stack_map(), emit.constant(lower.access.hidden_frames))
    lower.stack_lost(found)
    return found


FUNCTION = NumberFunction(
    "stack",
    Shown(S64, "stack"),
    _emit,
    needs=frozenset({"stack"}),
    aliases=("kstack",),
)

"""stack([N]): the kernel's stack at the event, innermost frame first; with N, so many frames of it.

tracepoint:sched:sched_switch { @[stack].count() }        tracepoint:sched:sched_switch { @[stack(3)].count() }
"""

from collections.abc import Sequence

from ..access import Access
from ..emitter import Scalar
from ..function import Lowering, NumberFunction, Parameter
from ..stacks import NONE, depth, taken
from ..typed import TypedExpression
from ..types import S64, Shown, Type
from ..values import Stack, Value
from ..world import World

_OURS = ("bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_", "bpf_trampoline_")
"""The way from a raw tracepoint to this program, which is not the traced code's."""

SHOWS = Stack
"""What `render` gives; formats that draw stacks look for it."""


def render(raw: Value, world: World) -> Value:
    """A stack's number -> frames with symbols."""
    assert isinstance(raw, int)
    if raw < 0:
        return Stack((), "no kernel stack" if raw == NONE else "stack lost")
    addresses = world.stack_frames(raw)
    if addresses is None:
        return Stack((), "stack lost")
    frames = [world.kernel_frame(address) for address in addresses]
    while frames and frames[0].symbol.startswith(_OURS):
        del frames[0]
    return Stack(tuple(frames))


def _result(arguments: Sequence[TypedExpression], _: Access) -> Type:
    depth(arguments)
    return Shown(S64, "stack")


def _emit(lower: Lowering, arguments: Sequence[TypedExpression]) -> Scalar:
    return taken(lower, lower.access.hidden_frames, depth(arguments))


FUNCTION = NumberFunction(
    "stack",
    _result,
    _emit,
    parameters=(Parameter("N", "literal", optional=True),),
    needs=frozenset({"stack"}),
    aliases=("kstack",),
)

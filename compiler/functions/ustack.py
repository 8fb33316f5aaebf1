"""ustack: the traced program's own stack at the event, innermost frame first, with the names of its functions.

    profile:99hz { @[comm, ustack].count() }        uprobe:libc:malloc { @[ustack].sum(arg(0)) }

The kernel follows frame pointers: of programs that were compiled without them, it finds only the first frames. They
are there with the compiler's option `-fno-omit-frame-pointer`.
"""

import struct
from collections.abc import Sequence

from .. import bpf
from ..access import AtEntry
from ..emitter import Pointer
from ..function import Lowering, TextFunction
from ..types import Bytes, Shown
from ..values import Frame, Stack, Value
from ..world import World

_NO_STACK = (1 << 32) - 14
"""EFAULT: the kernel found no frames, as in a thread of its own."""
_VALUE = struct.Struct("=IIQ")

SHOWS = Stack
"""What `render` gives; formats that draw stacks look for it."""


def render(raw: Value, world: World) -> Value:
    """Stack id, process and return address -> frames with symbols."""
    assert isinstance(raw, bytes)
    number, process, caller = _VALUE.unpack(raw)
    if number == _NO_STACK:
        return Stack((), "no user stack")
    addresses = world.stack_frames(number)
    if not addresses:
        return Stack((), "stack lost")
    if caller and caller not in addresses[1:2]:
        addresses = (addresses[0], caller, *addresses[1:])
    frames = [world.user_frame(process, address, depth > 0) for depth, address in enumerate(addresses)]
    return Stack(tuple(_believable(frames)))


def _believable(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Without the end that lies in no file: where a program has no frame pointers, the kernel follows any number."""
    if frames[0].module:
        for depth, frame in enumerate(frames):
            if not frame.symbol and not frame.module:
                return frames[:depth]
    return frames


def _emit(lower: Lowering, _: object, into: Pointer, size: int) -> None:
    """Before its first instruction has saved the frame pointer, a function's caller is known to itself alone."""
    emit = lower.emit
    found = emit.helper(bpf.GET_STACKID, emit.context(), lower.stack_map(), emit.constant(bpf.F_USER_STACK))
    lower.stack_lost(found)
    emit.store(into, 0, found, bits=32)
    emit.store(into, 4, lower.process(), bits=32)
    emit.store(into, 8, emit.constant(0))
    if isinstance(lower.access, AtEntry):
        lower.access.caller(lower, emit.move(into, 8))


FUNCTION = TextFunction(
    "ustack",
    Shown(Bytes(16), "ustack"),
    _emit,
    needs=frozenset({"stack"}),
)

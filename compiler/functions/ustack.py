"""ustack([N]): the traced program's stack, innermost frame first, with its functions; with N, so many frames of it.

    profile:99hz { @[comm, ustack].count() }        uprobe:libc:malloc { @[ustack].sum(arg(0)) }

The kernel follows frame pointers: of programs that were compiled without them, it finds only the first frames. They
are there with the compiler's option `-fno-omit-frame-pointer`. Names come from the program's file, also in containers
and after it has ended; of code that is made at run time, from the file /tmp/perf-PID.map that `node --perf-basic-prof`
and others write.
"""

import struct
from collections.abc import Sequence

from .. import bpf
from ..access import Access, AtEntry
from ..emitter import Pointer
from ..function import Lowering, Parameter, TextFunction
from ..stacks import NONE, depth, taken
from ..typed import TypedExpression
from ..types import Bytes, Shown, Type
from ..values import Frame, Stack, Value
from ..world import World

_VALUE = struct.Struct("=qQQ")

SHOWS = Stack
"""What `render` gives; formats that draw stacks look for it."""


def render(raw: Value, world: World) -> Value:
    """Number, process, return address -> frames with symbols; above the process, how many were asked for (0: all)."""
    assert isinstance(raw, bytes)
    number, process, caller = _VALUE.unpack(raw)
    if number == NONE:
        return Stack((), "no user stack")
    addresses = world.stack_frames(number)
    if not addresses:
        return Stack((), "stack lost")
    if caller and caller not in addresses[1:2]:
        addresses = (addresses[0], caller, *addresses[1:])
    process, most = process & 0xFFFFFFFF, process >> 32
    if most:
        addresses = addresses[:most]
    frames = [world.user_frame(process, address, depth > 0) for depth, address in enumerate(addresses)]
    return Stack(tuple(_believable(frames)))


def _believable(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Without the end that lies in no file: where a program has no frame pointers, the kernel follows any number.

    The start of a page in no file is where the kernel makes functions return to whose return is probed; before Linux
    6.11 it is in their stacks, in the place of their caller, and behind it that function's caller.
    """
    if not frames[0].module:
        return frames
    shown: list[Frame] = []
    for frame, behind in zip(frames, [*frames[1:], None], strict=True):
        if not frame.symbol and not frame.module:
            if frame.address % _PAGE or not frame.address or behind is None or not behind.module:
                break
            frame = Frame(frame.address, module="uprobes")
        shown.append(frame)
    return shown


_PAGE = 4096


def _result(arguments: Sequence[TypedExpression], _: Access) -> Type:
    depth(arguments)
    return Shown(Bytes(_VALUE.size), "ustack")


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    """Before its first instruction has saved the frame pointer, a function's caller is known to itself alone."""
    emit = lower.emit
    emit.store(into, 0, taken(lower, bpf.F_USER_STACK, depth(arguments)))
    most = depth(arguments) if arguments else 0
    emit.store(into, 8, emit.arithmetic("or", lower.process(), emit.constant(most << 32)))
    emit.store(into, 16, emit.constant(0))
    if isinstance(lower.access, AtEntry):
        lower.access.caller(lower, emit.move(into, 16))


FUNCTION = TextFunction(
    "ustack",
    _result,
    _emit,
    parameters=(Parameter("N", "literal", optional=True),),
    needs=frozenset({"stack"}),
)

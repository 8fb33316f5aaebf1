"""usym(P): the function of the traced program that address P is in, as `main+0x1a`, or `main` where P is its start.

uprobe:libc:free { @[usym(arg(0))].count() }
"""

import struct
from collections.abc import Sequence

from ..emitter import Pointer
from ..function import Lowering, Parameter, TextFunction
from ..typed import TypedExpression
from ..types import Bytes, Shown
from ..values import Value
from ..world import World

_VALUE = struct.Struct("=QQ")


def render(raw: Value, world: World) -> Value:
    """Process and address -> the name, by the process's own memory map."""
    assert isinstance(raw, bytes)
    process, address = _VALUE.unpack(raw)
    frame = world.user_frame(process, address, False)
    if not frame.symbol or frame.offset:
        return str(frame)
    return f"{frame.symbol} [{frame.module}]" if frame.module else frame.symbol


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    emit = lower.emit
    emit.store(into, 0, lower.process())
    emit.store(into, 8, lower.number(arguments[0]))


FUNCTION = TextFunction("usym", Shown(Bytes(16), "usym"), _emit, parameters=(Parameter("P"),))

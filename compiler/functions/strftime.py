r"""strftime(FORMAT [, NS]): a time in the format of strftime(3), local time; now where NS is not given.

BEGIN { printf("%s\n", strftime("%Y-%m-%d %H:%M:%S.%f")) }

NS is `walltime`, or counts from the machine's start as `time` does; `%f` are microseconds.
"""

import struct
from collections.abc import Sequence

from .. import bpf
from ..emitter import Pointer
from ..function import Lowering, Parameter, TextFunction
from ..names import INTERNED
from ..typed import Text, TypedExpression
from ..types import Bytes, Shown
from ..values import Value
from ..world import World


def render(raw: Value, world: World) -> Value:
    """A format's number and a time -> `09:30:00`."""
    assert isinstance(raw, bytes)
    layout, time_ns = struct.unpack("=QQ", raw)
    return world.time_text(world.string(layout - INTERNED), time_ns)


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    layout = arguments[0]
    assert isinstance(layout, Text)
    lower.emit.store(into, 0, lower.name(layout.value.decode("utf-8", "surrogateescape")))
    lower.emit.store(into, 8, lower.number(arguments[1]) if arguments[1:] else lower.once(bpf.KTIME_GET_NS))


FUNCTION = TextFunction(
    "strftime",
    Shown(Bytes(16), "strftime"),
    _emit,
    parameters=(Parameter("FORMAT", "text-literal"), Parameter("NS", optional=True)),
)

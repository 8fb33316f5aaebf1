r"""macaddr(P): the six bytes at address P as a hardware address, `52:54:00:12:34:56`.

kprobe:SyS_write { @[macaddr(arg1)].count() }
"""

from collections.abc import Sequence

from ..emitter import Pointer
from ..function import Lowering, Parameter, TextFunction
from ..memory import MARK, clear, marked, read_marked
from ..typed import TypedExpression
from ..types import Bytes, Shown
from ..values import Fault, Value
from ..world import World

_BYTES = 6


def render(raw: Value, world: World) -> Value:
    """Six bytes -> `52:54:00:12:34:56`."""
    assert isinstance(raw, bytes)
    address = marked(raw)
    return Fault() if address is None else address.hex(":")


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    clear(lower, into, size)
    read_marked(lower, arguments[0], into, lower.emit.constant(_BYTES))


FUNCTION = TextFunction(
    "macaddr",
    Shown(Bytes(MARK + _BYTES), "macaddr"),
    _emit,
    parameters=(Parameter("P", "place"),),
    reads=True,
)

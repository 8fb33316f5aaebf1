r"""buf(P, N [, MAX]): N bytes at address P, which show as text with escapes, as `GET /\x0d\x0a`.

kprobe:SyS_write { printf("%r\n", buf(arg1, arg2, 64)) }

MAX is how many bytes are kept at most: N itself where that is a literal, else 256.
"""

from collections.abc import Sequence

from ..emitter import Pointer
from ..function import Complaint, Lowering, Parameter, TextFunction
from ..memory import MARK, clear, marked, read_marked
from ..typed import Constant, TypedExpression
from ..types import Bytes, Shown, Type
from ..values import Fault, Value
from ..world import World

LONGEST = 4096
USUAL = 256


def render(raw: Value, world: World) -> Value:
    """The bytes as text; those beyond ASCII stay bytes."""
    assert isinstance(raw, bytes)
    content = marked(raw)
    return Fault() if content is None else content.decode("ascii", "surrogateescape")


def _result(arguments: Sequence[TypedExpression], _: object) -> Type:
    most = arguments[-1]
    size = most.value if isinstance(most, Constant) else USUAL
    if not 0 < size <= LONGEST:
        raise Complaint("wrong-size", f"a buffer has 1 to {LONGEST} bytes", index=len(arguments) - 1)
    return Shown(Bytes(MARK + size), "buf")


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    emit, most = lower.emit, size - MARK
    wanted = lower.number(arguments[1])
    clear(lower, into, size)
    if not isinstance(arguments[1], Constant) or arguments[1].value > most:
        longer = emit.compare("ugt", wanted, emit.constant(most))
        wanted = emit.choose(longer, lambda: emit.constant(most), lambda: wanted)
    read_marked(lower, arguments[0], into, wanted)


FUNCTION = TextFunction(
    "buf",
    _result,
    _emit,
    parameters=(Parameter("P", "place"), Parameter("N"), Parameter("MAX", "literal", optional=True)),
    reads=True,
)

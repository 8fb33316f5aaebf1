r"""ntop(X), ntop(AF, X): an internet address as text, as `10.0.0.1` or `fe80::1`.

kprobe:SyS_connect { printf("%s\n", ntop(AF_INET, arg1 + 4)) }

X is the address of the bytes, as long as AF says: 4 for AF_INET, 16 for AF_INET6. An IPv4 address may also be given as
the number that the kernel holds, in network byte order. Arrays of 4 or 16 bytes, `struct in_addr` and `struct in6_addr`
say themselves what they are: `ntop(args.saddr_v6)`.
"""

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from ..emitter import Pointer, Scalar
from ..function import Lowering, Parameter, TextFunction
from ..memory import MARK, clear, fault, read
from ..typed import TypedExpression
from ..types import Array, Bytes, Int, Shown, Struct, Type, storage
from ..types import Pointer as Place
from ..values import Fault, Value
from ..world import World

_INET, _INET6 = 2, 10
"""AF_INET and AF_INET6, include/linux/socket.h."""


def render(raw: Value, world: World) -> Value:
    """A family and sixteen bytes -> `10.0.0.1`; a family that has no such addresses as it is."""
    assert isinstance(raw, bytes)
    (family,) = struct.unpack_from("=q", raw)
    content = raw[MARK:]
    match family:
        case 2:
            return str(IPv4Address(content[:4]))
        case 10:
            address = IPv6Address(content[:16])
            return f"::ffff:{address.ipv4_mapped}" if address.ipv4_mapped else str(address)
    return Fault() if family < 0 else f"<address family {family}>"


def _own_family(kind: Type) -> int:
    """What the type of an address says of its family, 0 for nothing."""
    match kind:
        case Place(target=Array(item=Int(bits=8), length=4) | Struct(name="struct in_addr")):
            return _INET
        case Place(target=Array(item=Int(bits=8), length=16) | Struct(name="struct in6_addr")):
            return _INET6
    return 0


def _emit(lower: Lowering, arguments: Sequence[TypedExpression], into: Pointer, size: int) -> None:
    emit = lower.emit
    *families, address = arguments
    own = _own_family(address.type)
    family = lower.number(families[0]) if families else emit.constant(own or _INET)
    value = lower.number(address)
    clear(lower, into, size)
    emit.store(into, 0, emit.extend(family, 32, signed=False))
    emit.when(
        _is_number(lower, address, family, value) if families or own else emit.constant(1),
        lambda: emit.store(into, MARK, emit.extend(value, 32, signed=False)),
        lambda: _read(lower, address, family, into),
    )


def _is_number(lower: Lowering, address: TypedExpression, family: Scalar, value: Scalar) -> Scalar:
    """Whether an IPv4 address was given itself: a number that is not known to be an address in memory, of 32 bits."""
    emit, kind = lower.emit, storage(address.type)
    if not isinstance(kind, Int) or kind.space:
        return emit.constant(0)
    small = emit.compare("ult", value, emit.constant(1 << 32)) if kind.bits > 32 else emit.constant(1)
    return emit.arithmetic("and", small, emit.compare("eq", family, emit.constant(_INET)))


def _read(lower: Lowering, address: TypedExpression, family: Scalar, into: Pointer) -> None:
    emit = lower.emit
    short = emit.compare("eq", family, emit.constant(_INET))
    size = emit.choose(short, lambda: emit.constant(4), lambda: emit.constant(16))
    known = emit.arithmetic("or", short, emit.compare("eq", family, emit.constant(_INET6)))

    def bytes_there() -> None:
        result = read(lower, address, emit.move(into, MARK), size)
        fault(lower, result, lambda: emit.store(into, 0, emit.constant(-1)))

    emit.when(known, bytes_there)


FUNCTION = TextFunction(
    "ntop",
    Shown(Bytes(MARK + 16), "ntop"),
    _emit,
    parameters=(Parameter("X or AF", "place"), Parameter("X", "place", optional=True)),
    aliases=("inet_ntop",),
)

"""Records from the kernel, read by their schema: bytes -> values.

decoder((Field("comm", Str(16), 0), Field("pid", Int(32), 16)), world)(b"dd" + bytes(14) + b"\\xfd\\3" + bytes(6))
-> ("dd", 1021)

A decoder is built once for a schema and then used for each record: one `struct` call takes the record apart, and
only what is not a plain number is looked at again.
"""

import importlib
import struct
from collections.abc import Callable, Sequence

from ..compiler.schema import Field
from ..compiler.types import Array, Bytes, Int, Pointer, Shown, Str, Struct, Tuple, Type, Void, slot_size
from ..compiler.values import Fault, Value
from ..compiler.world import World

Record = bytes | memoryview
Decoder = Callable[[Record], tuple[Value, ...]]
Raw = int | str | bytes

CUT = "…"
"""How a string ends that goes on in the traced program's memory."""
FAULT_MARK = b"\x00\xff"
"""How the kernel half marks a string that it could not read; no string starts like that."""


def decoder(fields: Sequence[Field], world: World) -> Decoder:
    """A function from a record to the values of its fields, in their order.

    `offset`s of fields count from the start of what is passed. Every slot is a multiple of eight bytes, integers
    extended to 64 bits. Raises struct.error for a record that is too short.
    """
    unpack = struct.Struct(_layout(fields)).unpack_from
    fixes = [(index, fix) for index, field in enumerate(fields) if (fix := _conversion(field.type, world))]
    if not fixes:
        return unpack

    def decode(record: Record) -> tuple[Value, ...]:
        values = list(unpack(record))
        for index, fix in fixes:
            values[index] = fix(values[index])
        return tuple(values)

    return decode


def text(raw: bytes) -> str | Fault:
    """A string from its slot, up to the terminator; bytes that are not UTF-8 become lone surrogates.

    One that was longer where it was read from ends with an ellipsis.
    """
    end = raw.find(0)
    if end == 0 and raw.startswith(FAULT_MARK):
        return Fault()
    found = (raw[:-1] if end < 0 else raw[:end]).decode("utf-8", "surrogateescape")
    return found + CUT if raw[-1] else found


def _layout(fields: Sequence[Field]) -> str:
    """The `struct` format of a record: one item a field, and padding for what lies between them."""
    parts, at = ["="], 0
    for field in fields:
        parts.append(f"{field.offset - at}x")
        parts.append(_item(field.type))
        at = field.offset + struct.calcsize("=" + parts[-1])
    return "".join(parts)


def _item(kind: Type) -> str:
    """The `struct` item for the bytes of a type; a tuple is taken out whole."""
    match kind:
        case Shown(storage=stored):
            return _item(stored)
        case Int(signed=signed):
            return "q" if signed else "Q"
        case Bytes(size=size):
            return f"{size}s"
        case Str() | Tuple() | Void():
            return f"{slot_size(kind)}s"
        case Struct() | Array() | Pointer():
            raise AssertionError("a schema has no such type")


def _conversion(kind: Type, world: World) -> Callable[..., Value] | None:
    """What turns the item that `struct` gave into the value; None where it is the value already."""
    match kind:
        case Int() | Bytes():
            return None
        case Str():
            return text
        case Void():
            return lambda raw: ()
        case Struct() | Array() | Pointer():
            raise AssertionError("a schema has no such type")
        case Tuple(items=items):
            return decoder(_side_by_side(items), world)
        case Shown(storage=stored, by=name):
            return _shown(_conversion(stored, world), name, world)


def _side_by_side(items: Sequence[Type]) -> tuple[Field, ...]:
    """Fields for the items of a tuple, one slot after the other."""
    offsets = [sum(slot_size(item) for item in items[:index]) for index in range(len(items))]
    return tuple(Field("", item, offset) for item, offset in zip(items, offsets, strict=True))


def _shown(convert: Callable[..., Value] | None, name: str, world: World) -> Callable[[Raw], Value]:
    """The user half of function `name`, applied to the stored value; a failed read stays one."""
    module = importlib.import_module(f"..compiler.functions.{name}", __package__)
    render: Callable[[Value, World], Value] = module.render

    def show(raw: Raw) -> Value:
        stored = raw if convert is None else convert(raw)
        return stored if isinstance(stored, Fault) else render(stored, world)

    return show

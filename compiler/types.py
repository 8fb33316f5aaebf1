"""The types of values: how the kernel stores them and how user space reads them back.

Storage is a closed set (`Int`, `Str`, `Bytes`, `Tuple`). `Shown` wraps one of them with the name of the
function whose user half turns the stored value into what people read: a stack id into frames, for example.
"""

from typing import Literal, Union

from ..grammar.frozen import dataclass

Unit = Literal["", "ns", "bytes"]
Units = Union[Unit, "tuple[Units, ...]"]
"""Of a value, or of each item of a tuple."""
NO_UNIT: Units = ""
Space = Literal["", "user", "kernel"]
Measure = Literal["events", "total", "distribution", "value"]
"""What an aggregation gives: how many events, a total that never falls, how many in each bucket, or anything else."""


@dataclass(frozen=True, slots=True)
class Int:
    """An integer of 8 to 64 bits; `unit` is what it measures and `space` what it points into, where that is known."""

    bits: int = 64
    signed: bool = True
    unit: Unit = ""
    space: Space = ""


@dataclass(frozen=True, slots=True)
class Str:
    """A NUL-terminated string in `size` bytes, the terminator included."""

    size: int


@dataclass(frozen=True, slots=True)
class Bytes:
    """Raw memory of a fixed size."""

    size: int


@dataclass(frozen=True, slots=True)
class Tuple:
    """Several values side by side."""

    items: "tuple[Type, ...]"


@dataclass(frozen=True, slots=True)
class Shown:
    """`storage` in the kernel; user space asks function `by` for the value to show."""

    storage: Int | Str | Bytes
    by: str


@dataclass(frozen=True, slots=True)
class Void:
    """The type of what is called for its effect only."""


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct or union of the kernel, by its C name with its keyword; only in memory, never a value."""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """Items side by side in memory; one of characters is a string as a value, others have to be indexed."""

    item: "Type"
    length: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """An address of something of type `target` (None for void); as a value that leaves the kernel, a number."""

    target: "Type | None"
    space: Space = ""


Type = Int | Str | Bytes | Tuple | Shown | Void | Struct | Array | Pointer
"""`Struct`, `Array` and `Pointer` exist while the compiler works; no schema has them."""

U64 = Int(64, signed=False)
S64 = Int(64, signed=True)
BOOL = Int(32, signed=True)
VOID = Void()


Stored = Int | Str | Bytes | Tuple | Void


def storage(kind: Type) -> Stored:
    """How a value is stored: what is under a `Shown`, a number for a pointer."""
    match kind:
        case Shown(storage=stored):
            return stored
        case Pointer(space=space):
            return Int(64, signed=False, space=space)
        case Struct() | Array():
            raise AssertionError(f"{describe(kind)} is no value")
        case _:
            return kind


def settled(kind: Type) -> Type:
    """The type as it appears in a schema: pointers are numbers there."""
    return storage(kind) if isinstance(kind, Pointer) else kind


def units_of(kind: Type) -> Units:
    """What a value measures, or what each item of a tuple does; "" where that is not known."""
    match kind:
        case Int(unit=unit):
            return unit
        case Tuple(items=items):
            return tuple(units_of(item) for item in items)
        case _:
            return ""


def slot_size(kind: Type) -> int:
    """Bytes that a value takes in a key, a map value or an event: always a multiple of eight."""
    match storage(kind):
        case Int():
            return 8
        case Str(size=size) | Bytes(size=size):
            return (size + 7) // 8 * 8
        case Tuple(items=items):
            return sum(slot_size(item) for item in items)
        case Void():
            return 0


def describe(kind: Type) -> str:
    """The name of a type in messages: `u64`, `str[16]`, `(s64, str[16])`."""
    match kind:
        case Int(bits=bits, signed=signed):
            return f"{'s' if signed else 'u'}{bits}"
        case Str(size=size):
            return f"str[{size}]"
        case Bytes(size=size):
            return f"bytes[{size}]"
        case Tuple(items=items):
            return f"({', '.join(describe(item) for item in items)})"
        case Shown(by=by):
            return by
        case Struct(name=name):
            return name
        case Array(item=item, length=length):
            return f"{describe(item)}[{length}]"
        case Pointer(target=target):
            return f"{describe(target) if target else 'void'} *"
        case Void():
            return "nothing"

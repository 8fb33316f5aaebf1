"""The types of values: how the kernel stores them and how user space reads them back.

Storage is a closed set (`Int`, `Str`, `Bytes`, `Tuple`). `Shown` wraps one of them with the name of the
function whose user half turns the stored value into what people read: a stack id into frames, for example.
"""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["", "ns", "bytes"]
Space = Literal["", "user", "kernel"]


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


Type = Int | Str | Bytes | Tuple | Shown | Void

U64 = Int(64, signed=False)
S64 = Int(64, signed=True)
BOOL = Int(32, signed=True)
VOID = Void()


def storage(kind: Type) -> Int | Str | Bytes | Tuple | Void:
    """The type under a `Shown`, or the type itself."""
    return kind.storage if isinstance(kind, Shown) else kind


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
        case Void():
            return "nothing"

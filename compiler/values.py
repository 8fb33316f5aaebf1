"""What a result is made of: neutral values, without a thought for how they are printed."""

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True, slots=True)
class Fault:
    """A read of memory that was not there; text shows `<fault>`, JSON null."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A stack frame: address, symbol name (empty where unknown), offset into it, module ("" for the kernel)."""

    address: int
    symbol: str = ""
    offset: int = 0
    module: str = ""

    def __str__(self) -> str:
        where = f" [{self.module}]" if self.module else ""
        if not self.symbol:
            return f"{self.address:#x}{where}"
        return f"{self.symbol}+{self.offset:#x}{where}"


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames, innermost first; `problem` says why there are none, where that is so."""

    frames: tuple[Frame, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`count` values between `low` and `high`, both inclusive; None is an open end."""

    low: int | None
    high: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Buckets from low to high, from the first to the last that is not empty."""

    buckets: tuple[Bucket, ...]
    unit: str = ""

    @property
    def count(self) -> int:
        """How many values there are in all buckets."""
        return sum(bucket.count for bucket in self.buckets)


Value = Union[int, float, str, bytes, Fault, Stack, Histogram, "tuple[Value, ...]"]

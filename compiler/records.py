"""Formats of records in memory, as Python's module `struct` writes them: `2wq16s` is two s32, an s64 and a string.

    b h w q    signed numbers of 1, 2, 4, 8 bytes; B H W Q the same without a sign
    i I l L    C's int and long; p an address
    16s        a string of up to 16 bytes, which takes 16 bytes of the record

A number before a letter repeats it. Nothing lies between items, and bytes are in the machine's order.
"""

import re
from collections.abc import Iterator

from ..grammar.frozen import dataclass
from .function import Complaint
from .types import Int, Space, Str

LARGEST = 4096
MOST_ITEMS = 64
_NUMBERS = {"b": 8, "h": 16, "w": 32, "q": 64, "i": 32, "l": 64}
_ITEM = re.compile(r"(\d{0,5})([bBhHwWqQiIlLps])")


@dataclass(frozen=True, slots=True)
class Item:
    """A number or a string, `offset` bytes into the record, where it takes `size` bytes."""

    type: Int | Str
    offset: int
    size: int


def items(layout: str, space: Space) -> tuple[Item, ...]:
    """The items of a format; Complaint about argument 1 where it is none. `space` is that of its pointers."""
    if not re.fullmatch(f"(?:{_ITEM.pattern})+", layout):
        help = 'as in "128s" or "2wq16s": b h w q (1, 2, 4, 8 bytes), capitals without a sign, p, s, each with a count'
        raise Complaint("wrong-memory-format", f"`{layout}` is not a format of memory", help, index=1)
    found = tuple(_items(layout, space))
    size = found[-1].offset + found[-1].size if found else 0
    if not 0 < size <= LARGEST or len(found) > MOST_ITEMS:
        message = f"a record has 1 to {LARGEST} bytes in {MOST_ITEMS} items at most; this has {size} in {len(found)}"
        raise Complaint("wrong-memory-format", message, "read it in parts, or as `buf(p, n)`", index=1)
    return found


def _items(layout: str, space: Space) -> Iterator[Item]:
    offset = 0
    for count, letter in _ITEM.findall(layout):
        repeat = int(count or 1)
        if letter == "s":
            if repeat:
                yield Item(Str(repeat + 1), offset, repeat)
            offset += repeat
            continue
        kind = Int(64, False, space=space) if letter == "p" else Int(_NUMBERS[letter.lower()], letter.islower())
        for _ in range(min(repeat, LARGEST)):
            yield Item(kind, offset, kind.bits // 8)
            offset += kind.bits // 8

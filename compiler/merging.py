"""What user halves of aggregations share: the words of all CPUs' slots, made one.

merging.total(slots, 1, 2, signed=True)   ->   the sum of a 128-bit number in words 1 and 2
"""

from collections.abc import Sequence

from .types import Int


def joined(words: Sequence[int], signed: bool) -> int:
    """The number in several words, the lowest first."""
    whole = sum(part << 64 * index for index, part in enumerate(words))
    return whole - (1 << 64 * len(words)) if signed and words[-1] >> 63 else whole


def total(slots: Sequence[memoryview], first: int, words: int, signed: bool) -> int:
    """The sum over the CPUs of a number in several words."""
    return sum(joined(slot[first : first + words].tolist(), signed) for slot in slots)


def highest(slots: Sequence[memoryview], index: int, kind: Int) -> int:
    """The value whose `height` is the largest in this word of all slots that have seen one (word 0)."""
    top = max(slot[index] for slot in slots if slot[0])
    return top - (1 << 63) if kind.signed else top


def lowest(slots: Sequence[memoryview], index: int, kind: Int) -> int:
    """The value whose `height` has the largest complement in this word of all slots that have seen one (word 0)."""
    low = (1 << 64) - 1 - max(slot[index] for slot in slots if slot[0])
    return low - (1 << 63) if kind.signed else low


def trimmed(slots: Sequence[memoryview]) -> list[tuple[int, int]]:
    """Index and sum over the CPUs of each word, from the first to the last that is not zero."""
    used = [(slot, *_used(slot.tobytes())) for slot in slots]
    filled = [(slot, first, last) for slot, first, last in used if first < last]
    if not filled:
        return []
    start, end = min(first for _, first, _ in filled), max(last for _, _, last in filled)
    columns = zip(*(slot[start:end].tolist() for slot, _, _ in filled), strict=True)
    return list(enumerate(map(sum, columns), start))


def _used(raw: bytes) -> tuple[int, int]:
    """The range of words that are not zero: large slots are mostly empty, and stripping is fast."""
    return (len(raw) - len(raw.lstrip(b"\0"))) // 8, (len(raw.rstrip(b"\0")) + 7) // 8

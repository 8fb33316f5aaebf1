"""Probe notes of systemtap (`<sys/sdt.h>`): where each is, its semaphore, and the operands of its arguments.

A note of owner `stapsdt` and type 3 is three words (where the probe is, where the section `.stapsdt.base` was linked,
its semaphore or 0), and three texts: provider, name, operands. Source: "UserSpaceProbeImplementation" of systemtap's
wiki. After prelinking the section lies elsewhere, and the words are off by as much.
"""

import struct
from collections.abc import Iterator

from ..compiler.binary import Note
from .elf import Elf

_HEAD = struct.Struct("=III")
_WORDS = struct.Struct("=QQQ")
_TYPE = 3


def read_notes(elf: Elf) -> Iterator[Note]:
    """The notes of a 64-bit file, in its order."""
    found = elf.section(".note.stapsdt")
    content = found[1] if found else b""
    base = elf.section_address(".stapsdt.base")
    at = 0
    while at + _HEAD.size <= len(content):
        owner_size, size, kind = _HEAD.unpack_from(content, at)
        owner = content[at + _HEAD.size : at + _HEAD.size + owner_size].rstrip(b"\0")
        start = at + _HEAD.size + _aligned(owner_size)
        at = start + _aligned(size)
        if owner == b"stapsdt" and kind == _TYPE and size > _WORDS.size:
            note = _note(elf, content[start : start + size], base)
            if note is not None:
                yield note


def _note(elf: Elf, content: bytes, base: int | None) -> Note | None:
    place, linked, semaphore = _WORDS.unpack_from(content)
    shift = base - linked if base and linked else 0
    provider, name, arguments = (*content[_WORDS.size :].split(b"\0"), b"", b"")[:3]
    offset = elf.offset(place + shift)
    counter = elf.offset(semaphore + shift, code=False) if semaphore else 0
    if offset is None or counter is None:
        return None
    return Note(_text(provider), _text(name), offset, _text(arguments), place + shift, counter)


def _aligned(size: int) -> int:
    return (size + 3) // 4 * 4


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")

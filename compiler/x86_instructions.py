"""How long an instruction of x86-64 is, so that no probe is put into the middle of one, which would change the program.

    instruction_length(bytes.fromhex("89f8 0305d32e0000 c3"), 2)   ->   6

Intel's manual, volume 2: chapter 2 for the format, appendix A for what follows which opcode.
"""

from ..grammar.frozen import dataclass

_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
_WORD, _REX, _WIDE = 0x66, 0x40, 8
_JUMPS = (0xE8, 0xE9)
_NONE, _BYTE, _SHORT, _ENTER, _FULL, _FAR = 0, 1, 2, 3, 4, 8
"""Bytes of an immediate; of `_FULL` there are two behind a prefix 66, but in jumps and calls."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What comes behind an opcode: a ModRM byte with what it asks for, and an immediate."""

    modrm: bool
    immediate: int = _NONE


def _ranges(text: str) -> list[int]:
    """`50-53 55` -> the numbers, hexadecimal."""
    found: list[int] = []
    for word in text.split():
        first, _, last = word.partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return found


def _forms(*groups: tuple[bool, int, str]) -> dict[int, _Form]:
    """Forms by opcode, from groups of opcodes that have the same."""
    return {opcode: _Form(modrm, size) for modrm, size, opcodes in groups for opcode in _ranges(opcodes)}


_ONE = _forms(
    (False, _NONE, "50-5f 6c-6f 90-99 9b-9f a4-a7 aa-af c3 c9 cb cc cf d7 ec-ef f1 f4 f5 f8-fd"),
    (True, _NONE, "00-03 08-0b 10-13 18-1b 20-23 28-2b 30-33 38-3b 63 84-8f d0-d3 d8-df fe ff"),
    (True, _BYTE, "6b 80 83 c0 c1 c6 f6"),
    (True, _FULL, "69 81 c7 f7"),
    (False, _BYTE, "04 0c 14 1c 24 2c 34 3c 6a 70-7f a8 b0-b7 cd e0-e7 eb"),
    (False, _SHORT, "c2 ca"),
    (False, _ENTER, "c8"),
    (False, _FULL, "05 0d 15 1d 25 2d 35 3d 68 a9 b8-bf e8 e9"),
    (False, _FAR, "a0-a3"),
)
_TWO = _forms(
    (False, _NONE, "05-09 0b 0e 30-35 37 77 a0-a2 a8-aa c8-cf"),
    (True, _NONE, "00-03 0d 10-23 28-2f 40-6f 74-76 78-7f 90-9f a3 a5 ab ad-b9 bb-c1 c3 c7 d0-ff"),
    (True, _BYTE, "0f 70-73 a4 ac ba c2 c4-c6"),
    (False, _FULL, "80-8f"),
)
_MAPS = {1: _TWO, 2: dict.fromkeys(range(256), _Form(True)), 3: dict.fromkeys(range(256), _Form(True, _BYTE))}
_MAPS[5] = _MAPS[6] = _MAPS[2]


def instruction_length(code: bytes, at: int) -> int:
    """Its bytes; 0 for what is none, or none that is known."""
    try:
        return _length(code, at)
    except IndexError:
        return 0


def _length(code: bytes, start: int) -> int:
    at, word = start, False
    while code[at] in _PREFIXES:
        word = word or code[at] == _WORD
        at += 1
    wide = False
    if code[at] & 0xF0 == _REX:
        wide = bool(code[at] & _WIDE)
        at += 1
    opcode = code[at]
    if opcode in (0xC5, 0xC4, 0x62):
        return _vector(code, start, at)
    forms = _ONE
    if opcode == 0x0F:
        at += 1
        forms = _TWO
        if code[at] in (0x38, 0x3A):
            forms = _MAPS[2 if code[at] == 0x38 else 3]
            at += 1
    form = forms.get(code[at])
    if form is None:
        return 0
    size = _immediate(code, at, form.immediate, word, wide) if forms is _ONE else form.immediate
    return at + 1 + (_operand(code, at + 1) if form.modrm else 0) + size - start


def _immediate(code: bytes, at: int, size: int, word: bool, wide: bool) -> int:
    """Where it depends on more than the opcode: `mov` of 64 bits, `test` among F6 and F7, numbers of 16 bits."""
    opcode = code[at]
    if wide and 0xB8 <= opcode <= 0xBF:
        return _FAR
    if opcode in (0xF6, 0xF7) and code[at + 1] >> 3 & 7 > 1:
        return _NONE
    return _SHORT if size == _FULL and word and not wide and opcode not in _JUMPS else size


def _vector(code: bytes, start: int, at: int) -> int:
    """VEX and EVEX: the prefix names the map of opcodes."""
    if code[at] == 0xC5:
        which, at = 1, at + 2
    elif code[at] == 0xC4:
        which, at = code[at + 1] & 0x1F, at + 3
    else:
        which, at = code[at + 1] & 7, at + 4
    form = _MAPS.get(which, {}).get(code[at])
    if form is None:
        return 0
    return at + 1 + (_operand(code, at + 1) if form.modrm else 0) + form.immediate - start


def _operand(code: bytes, at: int) -> int:
    """A ModRM byte, with the SIB byte and the displacement that it asks for."""
    mode, base = code[at] >> 6, code[at] & 7
    if mode == 3:
        return 1
    length = 1
    if base == 4:
        base = code[at + 1] & 7
        length = 2
    if mode == 1:
        return length + 1
    return length + 4 if mode == 2 or base == 5 else length

r"""Operands of probe notes, as the assembler wrote them: where an argument is when the probe is hit, its size and sign.

    parse("-4@%eax 8@-16(%rbp) 4@$5 8@counter+8(%rip)", lambda symbol: None)

    argument  = [-]SIZE@operand             minus: signed; SIZE in bytes
    operand   = %register | $number | displacement(base) | displacement(base,index,scale)

Sources: systemtap's wiki, "UserSpaceProbeImplementation"; GNU as, "i386-Memory".
"""

import re
from collections.abc import Callable, Iterator

from ..grammar.frozen import dataclass

_ARGUMENT = re.compile(r"(?P<sign>-?)(?P<size>[1248])@(?P<operand>\S+)")
_WIDE = {"a": "ax", "b": "bx", "c": "cx", "d": "dx"}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A number in the instruction."""

    value: int


@dataclass(frozen=True, slots=True)
class InRegister:
    """A register of `struct pt_regs`, and how far its bits are up in it."""

    name: str
    shift: int = 0


@dataclass(frozen=True, slots=True)
class InMemory:
    """Memory at base + index * scale + displacement; base `ip` is where the probe is."""

    displacement: int
    base: str
    index: str = ""
    scale: int = 1


Place = Fixed | InRegister | InMemory


@dataclass(frozen=True, slots=True)
class Operand:
    """An argument: `place` is None where this cannot be understood, as with floating point."""

    bits: int
    signed: bool
    place: Place | None


def parse(text: str, distance: Callable[[str], int | None]) -> tuple[Operand, ...]:
    """The arguments of a note; `distance` is how far a symbol is from the probe, None where it is not known."""
    return tuple(_operands(text, distance))


def _operands(text: str, distance: Callable[[str], int | None]) -> Iterator[Operand]:
    for word in text.split():
        found = _ARGUMENT.fullmatch(word)
        if found is None:
            yield Operand(64, False, None)
            continue
        yield Operand(8 * int(found["size"]), bool(found["sign"]), _place(found["operand"], distance))


def _place(operand: str, distance: Callable[[str], int | None]) -> Place | None:
    if operand.startswith("$"):
        return _fixed(operand[1:])
    if operand.startswith("%"):
        name = _register(operand)
        return InRegister(name, 8 if re.fullmatch(r"%[abcd]h", operand) else 0) if name else None
    return _memory(operand, distance)


def _fixed(number: str) -> Fixed | None:
    try:
        return Fixed(int(number, 0))
    except ValueError:
        return None


def _memory(operand: str, distance: Callable[[str], int | None]) -> InMemory | None:
    outside, bracket, inside = operand.partition("(")
    parts = inside.rstrip(")").split(",") if bracket else []
    displacement, symbol = _displacement(outside)
    if displacement is None:
        return None
    if symbol:
        away = distance(symbol)
        known = parts in ([], ["%rip"]) and away is not None
        return InMemory(away + displacement, "ip") if known and away is not None else None
    registers = [_register(part) for part in parts[:2]]
    if not parts or parts[0] == "%rip" or (not all(registers) and parts[0]) or len(parts) > 3:
        return None
    scale = parts[2] if len(parts) > 2 else "1"
    if scale not in ("1", "2", "4", "8"):
        return None
    return InMemory(displacement, registers[0], registers[1] if len(registers) > 1 else "", int(scale))


def _displacement(text: str) -> tuple[int | None, str]:
    """`-16` -> -16; `table+8` and `8+table` -> 8 and the symbol; None for what is neither."""
    total, symbol = 0, ""
    for sign, part in re.findall(r"([-+]?)([^-+]+)", text):
        try:
            total += int(f"{sign}{part}", 0)
        except ValueError:
            if symbol or sign == "-" or not re.fullmatch(r"[A-Za-z_.$][\w.$@]*", part):
                return None, ""
            symbol = part
    return total, symbol


def _register(name: str) -> str:
    """`%eax` and `%al` are `ax`, `%r8d` is `r8`, `%sil` is `si`; "" for what is no integer register."""
    name = name.removeprefix("%")
    if re.fullmatch(r"r(8|9|1[0-5])[dwb]?", name):
        return name.rstrip("dwb")
    if re.fullmatch(r"[abcd][lh]", name):
        return _WIDE[name[0]]
    if re.fullmatch(r"(si|di|bp|sp)l", name):
        return name[:-1]
    if re.fullmatch(r"[re]?([abcd]x|si|di|bp|sp)", name):
        return name[-2:]
    return ""

"""Probes that a program's authors placed: the notes of a file, and how to reach the arguments of each.

Notes of one name may lie at many places, each with operands of its own: places with equal operands are one attachment,
and an argument has one type at all of them, the widest.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from ..grammar.frozen import dataclass
from . import bpf
from .access import Frame, Need, RecordField
from .accesses import ANYWHERE, ARGUMENTS, REGISTERS, STACK
from .binary import Binary, Note
from .emitter import Scalar
from .types import Int
from .usdt_operands import Fixed, InMemory, InRegister, Operand, parse
from .user_functions import UserRegisters


@dataclass(frozen=True, slots=True)
class NoteArguments(UserRegisters):
    """Arguments where the operands of a note say; `kinds` are their types."""

    operands: tuple[Operand, ...] = ()
    kinds: tuple[Int, ...] = ()

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments, if there are any, and all of them can be reached."""
        reached = self.operands and all(self._reaches(operand) for operand in self.operands)
        return ANYWHERE | STACK | REGISTERS | (ARGUMENTS if reached else frozenset())

    def _reaches(self, operand: Operand) -> bool:
        """Whether this machine has what the operand names: the file may be for another one."""
        match operand.place:
            case None:
                return False
            case Fixed():
                return True
            case InRegister(name=name):
                return name in self.machine.registers
            case InMemory(base=base, index=index):
                return base in self.machine.registers and (not index or index in self.machine.registers)

    def fields(self) -> Mapping[str, RecordField]:
        """`arg0`, `arg1`, ... with the types that the note gives them."""
        return {
            f"arg{index}": RecordField(kind, 0, kind.bits, kind.signed, argument=index)
            for index, kind in enumerate(self.kinds)
        }

    def argument(self, frame: Frame, index: int) -> Scalar:
        """From where its operand says."""
        emit, operand = frame.emit, self.operands[index]
        match operand.place:
            case Fixed(value=number):
                value = emit.constant(number)
            case InRegister(name=name, shift=shift):
                value = emit.arithmetic("lshr", self.register(frame, name), emit.constant(shift))
            case InMemory():
                value = self._from_memory(frame, operand.place, operand.bits)
            case None:
                raise AssertionError("an argument that is not offered was asked for")
            case _:
                assert_never(operand.place)
        return emit.extend(value, operand.bits, operand.signed)

    def _from_memory(self, frame: Frame, place: InMemory, bits: int) -> Scalar:
        emit = frame.emit
        address = emit.arithmetic("add", self.register(frame, place.base), emit.constant(place.displacement))
        if place.index:
            scaled = emit.arithmetic("mul", self.register(frame, place.index), emit.constant(place.scale))
            address = emit.arithmetic("add", address, scaled)
        memory = emit.stack(8)
        emit.store(memory, 0, emit.constant(0))
        result = emit.helper(bpf.PROBE_READ_USER, memory, emit.constant(bits // 8), address)
        problem = "an argument of a probe is not in memory"
        emit.when(
            emit.compare("slt", result, emit.constant(0)),
            lambda: frame.lose("memory not readable", problem, "values", "they show as 0"),
        )
        return emit.load(memory, 0)


def operands_of(note: Note, binary: Binary) -> tuple[Operand, ...]:
    """The parsed operands of a note."""
    return parse(note.arguments, _distance(note, binary))


def _distance(note: Note, binary: Binary) -> Callable[[str], int | None]:
    def distance(symbol: str) -> int | None:
        address = binary.address(symbol)
        return None if address is None else address - note.address

    return distance


def kinds_of(all_operands: Sequence[Sequence[Operand]]) -> tuple[Int, ...]:
    """One type an argument for all notes of a name, those that they all have."""
    return tuple(
        Int(max(each.bits for each in same), any(each.signed for each in same), space="user")
        for same in zip(*all_operands, strict=False)
    )

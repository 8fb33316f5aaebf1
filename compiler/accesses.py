"""The ways to reach a probe's values that several providers share: no values at all, saved registers, a record.

An access is chosen with its attachment: what `arg(0)` is in a raw tracepoint is not what it is in a kprobe.
"""

from collections.abc import Callable, Mapping, Sequence

from ..grammar.frozen import dataclass
from . import bpf
from .access import Frame, Need, RecordField
from .c_types import INTEGERS, pointer
from .emitter import Scalar
from .host import TracepointField
from .machine import Machine
from .refusal import Follows
from .types import Bytes, Int, Space, Str

ANYWHERE: frozenset[Need] = frozenset({"function", "task", "fields", "context"})
STACK: frozenset[Need] = frozenset({"stack"})
ARGUMENTS: frozenset[Need] = frozenset({"arguments"})
RESULT: frozenset[Need] = frozenset({"result"})
FIELDS: frozenset[Need] = frozenset({"fields"})
CONTEXT: frozenset[Need] = frozenset({"context"})
REGISTERS: frozenset[Need] = frozenset({"registers"})


@dataclass(frozen=True, slots=True)
class Plain:
    """Nothing but its name: timers, samples, BEGIN, tracepoints whose fields are not asked for."""

    name: str
    offers: frozenset[Need] = ANYWHERE
    space: Space = ""
    hidden_frames: int = 0

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def fields(self) -> Mapping[str, RecordField]:
        """None."""
        return {}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Not offered."""
        raise AssertionError("a probe without arguments was asked for one")

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a probe without a result was asked for it")

    def function(self, frame: Frame) -> Scalar:
        """The probe's own name."""
        return frame.name(self.name)


@dataclass(frozen=True, slots=True)
class Unresolved(Plain):
    """Of a probe that is wrong: that is reported, and whatever the clause asks of it is taken for right."""

    offers: frozenset[Need] = ANYWHERE | STACK | ARGUMENTS | RESULT

    def fields(self) -> Mapping[str, RecordField]:
        """Nobody knows."""
        raise Follows()


@dataclass(frozen=True, slots=True)
class Registers:
    """A kprobe or kretprobe: the context is `struct pt_regs`."""

    machine: Machine
    on_return: bool
    space: Space = ""
    hidden_frames: int = 0

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments at the entry, the result at the return."""
        return ANYWHERE | STACK | REGISTERS | (RESULT if self.on_return else ARGUMENTS)

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def register(self, frame: Frame, name: str) -> Scalar:
        """See `WithRegisters`."""
        return frame.emit.load(frame.emit.context(), self.machine.registers[name])

    def fields(self) -> Mapping[str, RecordField]:
        """None."""
        return {}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """By the C calling convention: argument 3 is in rcx."""
        return self.register(frame, self.machine.function_arguments[index])

    def result(self, frame: Frame) -> Scalar:
        """From the result register."""
        return self.register(frame, self.machine.result)

    def function(self, frame: Frame) -> Scalar:
        """The kernel address of the traced function (helper bpf_get_func_ip)."""
        return frame.emit.helper(bpf.GET_FUNC_IP, frame.emit.context())


@dataclass(frozen=True, slots=True)
class Record:
    """A tracepoint's record as context: fields are read by name."""

    name: str
    read: Callable[[], Sequence[TracepointField]] = tuple
    offers: frozenset[Need] = ANYWHERE | STACK
    space: Space = ""
    hidden_frames: int = 0

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def fields(self) -> Mapping[str, RecordField]:
        """From the tracepoint's format, when first asked for."""
        return {field.name: record_field(field) for field in own_fields(self.read())}

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has fields, not arguments")

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has no result")

    def function(self, frame: Frame) -> Scalar:
        """The tracepoint's name."""
        return frame.name(self.name)


_LOCATED = "__data_loc "
_WIDTHS = (1, 2, 4, 8)
_ANY = Int(64)


def own_fields(fields: Sequence[TracepointField]) -> list[TracepointField]:
    """Those of the record itself: the kernel keeps the `common_` ones from programs."""
    return [field for field in fields if not field.name.startswith("common_")]


def record_field(field: TracepointField) -> RecordField:
    """`char[16] comm` is a string, `__data_loc char[] name` one that lies elsewhere in the record."""
    if field.type.startswith(_LOCATED):
        return RecordField(Str(256), field.offset, 32, False, located=True)
    base, bracket, length = field.type.partition("[")
    if bracket:
        count = length.rstrip("]")
        size = field.size // int(count) if count.isdecimal() and int(count) else 0
        item = Int(8 * size, field.signed) if size in _WIDTHS else None
        text = base.strip().removeprefix("const ") in ("char", "unsigned char", "u8", "__u8")
        kind = Str(field.size + 1) if text else Bytes(field.size)
        return RecordField(kind, field.offset, 8 * field.size, False, item=item)
    if field.size not in _WIDTHS:
        return RecordField(Bytes(field.size), field.offset, 8 * field.size, False)
    if base.rstrip().endswith("*"):
        return RecordField(pointer(base, ""), field.offset, 64, False)
    # Arguments of system calls have a word each, which is the register: of an `int` only the lower half means anything.
    named = INTEGERS.get(base.replace("const ", "").strip(), _ANY)
    number = named if named.bits < 8 * field.size else Int(8 * field.size, field.signed)
    return RecordField(number, field.offset, number.bits, number.signed)

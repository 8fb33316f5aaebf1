"""Raw tracepoints: the kernel hands over the arguments of a tracepoint as they are, before any record is made of them.

    rawtracepoint:sched_switch   ->   arg0 = preempt, arg1 = prev, arg2 = next, ...      each in 64 bits

Cheaper than a tracepoint with its record, so a clause that uses no field of the record is served this way, too.
"""

from collections.abc import Callable, Mapping

from ..grammar.frozen import dataclass
from .access import Frame, Need, RecordField
from .accesses import ANYWHERE, ARGUMENTS, CONTEXT, FIELDS, STACK
from .emitter import Scalar
from .host import Prototype
from .types import Int, Pointer, Space, Type

_MOST = 12
"""MAX_BPF_FUNC_ARGS, include/linux/bpf.h."""


def _unknown() -> Prototype | None:
    return None


@dataclass(frozen=True, slots=True)
class RawArguments:
    """The context is one 64-bit word for each argument (`struct bpf_raw_tracepoint_args`, include/uapi/linux/bpf.h)."""

    name: str
    read: Callable[[], Prototype | None] = _unknown
    offers: frozenset[Need] = ANYWHERE | STACK | ARGUMENTS
    space: Space = ""
    hidden_frames: int = 1

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def prototype(self) -> Prototype | None:
        """See `Typed`."""
        return self.read()

    def fields(self) -> Mapping[str, RecordField]:
        """The arguments by name."""
        return argument_fields(self.read())

    def argument(self, frame: Frame, index: int) -> Scalar:
        """A word of the context."""
        return frame.emit.load(frame.emit.context(), 8 * min(index, _MOST - 1))

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("a tracepoint has no result")

    def function(self, frame: Frame) -> Scalar:
        """The tracepoint's name."""
        return frame.name(self.name)


def without_record(name: str) -> RawArguments:
    """For a clause of a plain tracepoint that uses nothing of its record."""
    return RawArguments(name, offers=(ANYWHERE | STACK) - FIELDS - CONTEXT)


def argument_fields(prototype: Prototype | None) -> Mapping[str, RecordField]:
    """`args.NAME` for each argument that is a number or a pointer."""
    if prototype is None:
        return {}
    numbered = enumerate(prototype.parameters)
    return {name: argument_field(kind, index) for index, (name, kind) in numbered if isinstance(kind, Int | Pointer)}


def argument_field(kind: Type, index: int) -> RecordField:
    """One argument under its name."""
    bits, signed = (kind.bits, kind.signed) if isinstance(kind, Int) else (64, False)
    return RecordField(kind, 0, bits, signed, argument=index)

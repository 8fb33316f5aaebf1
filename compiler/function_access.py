"""How a clause at a kernel function reaches arguments and result: by registers, or as a trampoline passes them.

`arg(N)` is the register by the calling convention either way, as 64 bits; `args.NAME` and `retval` have the types that
the kernel's BTF gives them.
"""

from collections.abc import Callable, Mapping

from ..grammar.frozen import dataclass
from . import bpf
from .access import Frame, Need, RecordField
from .accesses import ANYWHERE, ARGUMENTS, REGISTERS, RESULT, STACK, Registers
from .emitter import Scalar
from .host import Prototype
from .raw_tracepoints import argument_fields
from .types import Int, Pointer, Space


def unknown() -> Prototype | None:
    """For several functions at once, which have no prototype in common."""
    return None


@dataclass(frozen=True, slots=True)
class FunctionRegisters(Registers):
    """A kprobe or kretprobe. `whole` is false where arguments are not where C has them: in the middle of a function,
    or where the compiler has made a variant of it; `name` is what `func` shows then.
    """

    read: Callable[[], Prototype | None] = unknown
    whole: bool = True
    name: str = ""

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments at the entry, the result at the return."""
        own = (RESULT if self.on_return else ARGUMENTS) if self.whole else frozenset()
        return ANYWHERE | STACK | REGISTERS | own

    def prototype(self) -> Prototype | None:
        """See `Typed`."""
        return self.read()

    def fields(self) -> Mapping[str, RecordField]:
        """Arguments by name, at the entry of one function that BTF describes."""
        return argument_fields(self.read()) if self.whole and not self.on_return else {}

    def function(self, frame: Frame) -> Scalar:
        """The address that the kernel says it is at; in the middle of a function it does not."""
        return frame.name(self.name) if self.name else frame.emit.helper(bpf.GET_FUNC_IP, frame.emit.context())


@dataclass(frozen=True, slots=True)
class Trampoline:
    """fentry and fexit: arguments, and at the return the result, too (bpf_get_func_arg and _ret, Linux 5.17)."""

    name: str
    on_return: bool
    read: Callable[[], Prototype | None]
    space: Space = ""
    hidden_frames: int = 1

    @property
    def offers(self) -> frozenset[Need]:
        """All but registers."""
        return ANYWHERE | STACK | ARGUMENTS | (RESULT if self.on_return else frozenset())

    def prototype(self) -> Prototype | None:
        """See `Typed`."""
        return self.read()

    def matches(self, frame: Frame) -> Scalar | None:
        """Every event is meant."""
        return None

    def fields(self) -> Mapping[str, RecordField]:
        """Arguments by name."""
        return argument_fields(self.read())

    def argument(self, frame: Frame, index: int) -> Scalar:
        """The whole register, as a number."""
        emit = frame.emit
        place = emit.stack(8)
        emit.helper(bpf.GET_FUNC_ARG, emit.context(), emit.constant(index), place)
        return emit.load(place, 0)

    def result(self, frame: Frame) -> Scalar:
        """The whole register, as a number."""
        emit = frame.emit
        place = emit.stack(8)
        emit.helper(bpf.GET_FUNC_RET, emit.context(), place)
        return emit.load(place, 0)

    def function(self, frame: Frame) -> Scalar:
        """Its name."""
        return frame.name(self.name)


def passes_words(prototype: Prototype | None) -> bool:
    """Whether each argument is in one register, so that argument N is the Nth of them, up to six."""
    if prototype is None or len(prototype.parameters) > 6:
        return False
    return all(isinstance(kind, Int | Pointer) for _, kind in prototype.parameters)

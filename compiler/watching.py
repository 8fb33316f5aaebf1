"""How a clause at a hardware breakpoint reaches registers and the address; at a function's entry, its arguments."""

from collections.abc import Mapping

from ..grammar.frozen import dataclass
from .access import Frame, Need, RecordField
from .accesses import ANYWHERE, ARGUMENTS, REGISTERS, STACK, Registers
from .emitter import Scalar
from .types import Int


@dataclass(frozen=True, slots=True)
class WatchAccess(Registers):
    """The context is `struct bpf_perf_event_data` (include/uapi/linux/bpf_perf_event.h), which begins with registers.

    `entry` says that it is the first instruction of a function.
    """

    name: str = ""
    entry: bool = False

    @property
    def offers(self) -> frozenset[Need]:
        """Arguments at a function's entry."""
        return ANYWHERE | STACK | REGISTERS | (ARGUMENTS if self.entry else frozenset())

    def fields(self) -> Mapping[str, RecordField]:
        """`addr`: the address that was watched."""
        return {"addr": RecordField(Int(64, signed=False), self.machine.registers_size + 8, 64, False)}

    def function(self, frame: Frame) -> Scalar:
        """What is watched, as written."""
        return frame.name(self.name)

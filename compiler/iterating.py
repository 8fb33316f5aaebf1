"""How a clause reaches an entry of one of the kernel's lists: BPF iterators (Documentation/bpf/bpf_iterators.rst).

The context is a `struct bpf_iter__NAME`: eight bytes for its `meta`, then eight for each thing that an entry is.
"""

from collections.abc import Callable, Mapping

from ..grammar.frozen import dataclass
from . import bpf
from .access import Frame, Need, RecordField
from .accesses import ANYWHERE, ARGUMENTS
from .emitter import Scalar
from .host import Prototype
from .raw_tracepoints import argument_fields
from .types import Pointer, Space


@dataclass(frozen=True, slots=True)
class IteratorAccess:
    """`read` is what the kernel says of the function `bpf_iter_NAME`, whose first parameter is the `meta`.

    `tgid` is where a `struct task_struct` has its process's number, in bytes; None where that is not known.
    """

    name: str
    read: Callable[[], Prototype | None]
    tgid: Callable[[], int | None]
    offers: frozenset[Need] = ANYWHERE | ARGUMENTS
    space: Space = ""
    hidden_frames: int = 0

    def prototype(self) -> Prototype | None:
        """See `Typed`: without the `meta`."""
        known = self.read()
        return None if known is None else Prototype(known.parameters[1:])

    def matches(self, frame: Frame) -> Scalar | None:
        """At the end of its list, the kernel calls once more, without an entry."""
        known = self.prototype()
        there = frame.emit.constant(1)
        for index, (_, kind) in enumerate(known.parameters if known else ()):
            if isinstance(kind, Pointer):
                present = frame.emit.compare("ne", self.argument(frame, index), frame.emit.constant(0))
                there = frame.emit.arithmetic("and", there, present)
        return there

    def process(self, frame: Frame) -> Scalar | None:
        """See `OfProcesses`: that of the entry's task, where it has one."""
        known, offset = self.prototype(), self.tgid()
        names = [name for name, _ in known.parameters] if known else []
        if "task" not in names or offset is None:
            return None
        return self._read(frame, self.argument(frame, names.index("task")), offset, 32)

    def fields(self) -> Mapping[str, RecordField]:
        """By name."""
        return argument_fields(self.prototype())

    def argument(self, frame: Frame, index: int) -> Scalar:
        """Read as memory: taken from the context, a pointer could not be used as a number."""
        return self._read(frame, frame.emit.address(frame.emit.context()), 8 * (index + 1), 64)

    def _read(self, frame: Frame, base: Scalar, offset: int, bits: int) -> Scalar:
        emit = frame.emit
        place = emit.stack(8)
        emit.helper(
            bpf.PROBE_READ_KERNEL, place, emit.constant(bits // 8), emit.arithmetic("add", base, emit.constant(offset))
        )
        return emit.load(place, 0, bits)

    def result(self, frame: Frame) -> Scalar:
        """Not offered."""
        raise AssertionError("an entry of a list has no result")

    def function(self, frame: Frame) -> Scalar:
        """The list's name."""
        return frame.name(self.name)

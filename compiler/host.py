"""What the compiler may ask about the machine. The runtime answers; tests answer from tables.

Facts only, never a kernel version: a feature is there, or it is missing for a reason that a user can read.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from ..grammar.frozen import dataclass
from .binary import Binary
from .types import Type

Feature = Literal[
    "btf", "kprobes", "fentry", "kprobe_multi", "tracefs", "ring_buffer", "uprobes", "uprobe_multi", "counters",
    "breakpoints"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """A feature that this machine lacks: `why` names the kernel option or privilege, `remedy` what to do."""

    why: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class TracepointField:
    """A field of a tracepoint record (tracefs `format` file): `type` is its C declaration without the name."""

    name: str
    type: str
    offset: int
    size: int
    signed: bool


@dataclass(frozen=True, slots=True)
class MemberLayout:
    """A member of a struct: where it begins, in bits, and how many of them it has where it is a bit field (else 0)."""

    name: str
    type: Type
    bit_offset: int
    bits: int = 0


@dataclass(frozen=True, slots=True)
class RecordLayout:
    """A struct or union: size in bytes, and its members; those of unnamed ones within it are its own."""

    name: str
    size: int
    members: tuple[MemberLayout, ...]


@dataclass(frozen=True, slots=True)
class Prototype:
    """What a function takes and gives, by the kernel's BTF; None is a type that the compiler has not, such as void."""

    parameters: tuple[tuple[str, Type | None], ...]
    result: Type | None = None


class Host(Protocol):
    """Facts about the kernel that programs are compiled for."""

    @property
    def machine(self) -> str:
        """The architecture as uname(2) gives it: `x86_64`."""

    @property
    def cpus(self) -> int:
        """One more than the highest number that a CPU can have."""

    def missing(self, feature: Feature) -> Missing | None:
        """None where the feature is there, else why it is not."""

    def functions(self, pattern: str) -> Sequence[str]:
        """Kernel functions that can be probed and match a glob pattern, sorted; `MODULE:GLOB` are those of a module."""

    def namesakes(self, names: Sequence[str], module: str = "") -> Sequence[tuple[str, int]]:
        """Those of `names` that several functions have, with the address of each (in `module`, if one is given)."""

    def is_function(self, name: str) -> bool:
        """Whether the kernel has such a function at all, probed or not."""

    def address(self, name: str) -> int | None:
        """Where a function or a variable of the kernel is; None if there is no such symbol."""

    def tracepoints(self, pattern: str) -> Sequence[str]:
        """`group:name` of the tracepoints that match a glob pattern `group:name`, sorted."""

    def tracepoint_fields(self, group: str, name: str) -> Sequence[TracepointField]:
        """The fields of a tracepoint's record."""

    def record(self, name: str) -> RecordLayout | None:
        """The layout of `struct NAME` or `union NAME` (with the keyword), or of a typedef's name; None if unknown."""

    def type_named(self, name: str) -> Type | None:
        """The type behind a typedef or `enum NAME`; None if the kernel's BTF has none."""

    def enumerator(self, name: str) -> int | None:
        """The value of a constant in one of the kernel's enums."""

    def has_raw_tracepoint(self, name: str) -> bool:
        """Whether the kernel's BTF describes a raw tracepoint of this name (`btf_trace_NAME`)."""

    def raw_tracepoints(self, pattern: str) -> Sequence[str]:
        """The names of raw tracepoints that match a glob pattern, sorted; none where there is no BTF."""

    def raw_tracepoint(self, name: str) -> Prototype | None:
        """What a raw tracepoint is given; None where neither the kernel's BTF nor a loaded module's says."""

    def iterators(self) -> Sequence[str]:
        """The kernel's lists that programs can go through as a whole (`bpf_iter_NAME`), sorted."""

    def prototype(self, function: str) -> Prototype | None:
        """What a kernel function takes and gives; None where the kernel's own BTF does not say."""

    def binary(self, name: str) -> "Binary | Missing":
        """The program or library of this path or name, found as shell and loader would; else why there is none."""

    def binaries(self) -> Sequence[str]:
        """Names that `binary` would find, to suggest one."""

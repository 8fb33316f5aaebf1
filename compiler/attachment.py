"""Where a program can be attached: a closed set, matched exhaustively in `runtime/attach.py`.

Each names the kernel mechanism, not the probe the user wrote: `kprobe:SyS_read` may become any of several.
`section` is the ELF section that tells libbpf the program type (libbpf, "Program types and ELF sections").
"""

from typing import Literal

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class BtfTracepoint:
    """A BTF raw tracepoint (`tp_btf`): typed arguments, the cheapest way in; needs kernel BTF.

    `type_id` is the tracepoint's number in the BTF of the running kernel, 0 where that has to be looked for.
    """

    name: str
    type_id: int = 0

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return f"tp_btf/{self.name}"


@dataclass(frozen=True, slots=True)
class RawTracepoint:
    """A raw tracepoint: untyped arguments, needs no BTF."""

    name: str

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return f"raw_tp/{self.name}"


@dataclass(frozen=True, slots=True)
class Tracepoint:
    """A perf tracepoint with its record of fields (tracefs `events/GROUP/NAME/format`)."""

    group: str
    name: str

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return f"tp/{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class Kprobe:
    """One perf event per function through the kprobe PMU: any kernel with kprobes.

    Of `optional` functions, the kernel need not have all, or let all be probed. `shared` are functions that have a name
    in common with others: the name and the address of each. The function "" is none: `offset` is an address.
    """

    functions: tuple[str, ...]
    on_return: bool = False
    offset: int = 0
    optional: bool = False
    shared: tuple[tuple[str, int], ...] = ()

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "kretprobe" if self.on_return else "kprobe"


@dataclass(frozen=True, slots=True)
class Fentry:
    """A trampoline at the entry or the return of one function: the cheapest way in; needs its prototype in BTF."""

    function: str
    on_return: bool = False

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return f"{'fexit' if self.on_return else 'fentry'}/{self.function}"


@dataclass(frozen=True, slots=True)
class KprobeMulti:
    """One link for many functions (`kprobe.multi`): needs fprobe. `optional` and `shared` are those of `Kprobe`."""

    functions: tuple[str, ...]
    on_return: bool = False
    optional: bool = False
    shared: tuple[tuple[str, int], ...] = ()

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "kretprobe.multi" if self.on_return else "kprobe.multi"


@dataclass(frozen=True, slots=True)
class Uprobe:
    """Places in a program or library, by their offsets in the file: one perf event each, or one link for all (`multi`).

    A program is told the index of its place by the kernel's attach cookie. `counters` are offsets of semaphores to
    hold up meanwhile, one a place, 0 for none. `asked` is the file as the script names it and `stamp` which file that
    was: an artifact from a cache is no good once it would be another.
    """

    asked: str
    path: str
    stamp: str
    offsets: tuple[int, ...]
    on_return: bool = False
    multi: bool = False
    counters: tuple[int, ...] = ()

    @property
    def section(self) -> str:
        """The ELF section of its programs; libbpf before 1.3 has to be told what the multi ones mean."""
        return ("uretprobe" if self.on_return else "uprobe") + (".multi" if self.multi else "")


@dataclass(frozen=True, slots=True)
class Counted:
    """An event of perf's own, each `period`-th one, or about `frequency` a second (the other is zero).

    `kind` and `number` are those of perf_event_open(2): 0 and 1 for hardware and software. On each CPU, or on `cpu`.
    """

    kind: int
    number: int
    period: int = 0
    frequency: int = 0
    cpu: int = -1

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "perf_event"


@dataclass(frozen=True, slots=True)
class Watch:
    """A hardware breakpoint: `length` bytes at an address that are read (`r`), written (`w`) or executed (`x`).

    Of the kernel on all CPUs; of the traced process where `user`, at an address as linked if there is a `path`.
    `asked` and `stamp` are those of `Uprobe`.
    """

    address: int
    length: int
    mode: str
    user: bool = False
    asked: str = ""
    path: str = ""
    stamp: str = ""

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "perf_event"


@dataclass(frozen=True, slots=True)
class Iterator:
    """One of the kernel's own lists, gone through once by user space when the run begins; needs kernel BTF."""

    name: str

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return f"iter/{self.name}"


@dataclass(frozen=True, slots=True)
class Timer:
    """Run by user space every `period_ns` through BPF_PROG_TEST_RUN: exact in number, no perf event to close."""

    period_ns: int

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "raw_tp"


@dataclass(frozen=True, slots=True)
class Signal:
    """Run by user space, in the same way, each time that its process is sent a signal."""

    number: int
    name: str

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "raw_tp"


@dataclass(frozen=True, slots=True)
class Once:
    """Run by user space once, before the first or after the last event."""

    when: Literal["BEGIN", "END"]

    @property
    def section(self) -> str:
        """The ELF section of its programs."""
        return "raw_tp"


Attachment = (
    BtfTracepoint
    | RawTracepoint
    | Tracepoint
    | Fentry
    | Kprobe
    | KprobeMulti
    | Uprobe
    | Counted
    | Watch
    | Iterator
    | Timer
    | Signal
    | Once
)

"""A BPF ELF object in the kernel: opened from memory, sized, loaded, and gone when closed."""

import ctypes
import mmap
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import NamedTuple, Self

from ...grammar.diagnostic import Diagnostic, HostError
from . import bpf, libbpf
from .failure import refusal
from .maps import BpfMap

_LOG_BYTES, _ALL_LOGS_BYTES = 8 << 20, 256 << 20
_LOG_NOTES = 12
_F_NO_PREALLOC = 1
_F_MMAPABLE = 1 << 10  # linux/bpf.h
_SOME_PROGRAM = 1  # a program's descriptor, libbpf believes, so it reads no BTF; `KnownTargets` takes it out again
_UPROBE_MULTI = (b"uprobe.multi", b"uretprobe.multi")


class VerifierError(HostError):
    """The kernel's verifier refused `program` (its symbol); `log` is what it said, the reason last."""

    def __init__(self, program: str, log: str) -> None:
        lines = tuple(line for line in log.splitlines() if line.strip())
        reasons = [line for line in lines if not line.startswith(("processed ", "verification time", "stack depth"))]
        reason = reasons[-1] if reasons else "no reason given"
        super().__init__(
            Diagnostic(
                code="verifier",
                message=f"the kernel's verifier refused program {program}: {reason}",
                help="this is likely a fault of ply: please report it with the output of `ply -d`",
                notes=lines[-_LOG_NOTES:],
            )
        )
        self.program = program
        self.log = log


class Program(NamedTuple):
    """A loaded program; `fd` belongs to its object."""

    symbol: str
    fd: int


class _OpenOptions(ctypes.Structure):
    """The head of `struct bpf_object_open_opts` (bpf/libbpf.h)."""

    _fields_ = (("sz", ctypes.c_size_t), ("object_name", ctypes.c_char_p))


class BpfObject:
    """Programs and maps of one ELF object. Sizes and choices are set before `load`; the rest is for after it.

    A symbol that the object lacks is a KeyError: the artifact that named it is wrong.
    """

    def __init__(self, handle: int, elf: bytes) -> None:
        self._lib = libbpf.library()
        self._handle = handle
        self._elf = elf  # libbpf reads from these bytes until the object is loaded
        self._programs = dict(self._each(self._lib.bpf_object__next_program, self._lib.bpf_program__name))
        self._maps = dict(self._each(self._lib.bpf_object__next_map, self._lib.bpf_map__name))
        for program in self._programs.values():
            if self._lib.bpf_program__section_name(program) in _UPROBE_MULTI:  # libbpf knows these since 1.3
                self._lib.bpf_program__set_type(program, bpf.PROG_KPROBE)
                self._lib.bpf_program__set_expected_attach_type(program, bpf.TRACE_UPROBE_MULTI)
        self._state: memoryview | None = None
        self._type_ids: dict[str, int] = {}
        self._shared = next((name for name in self._maps if name.endswith(".bss")), "")
        if self._shared:  # libbpf asks for shared memory by itself only where BTF describes the variables
            shared = self._maps[self._shared]
            self._lib.bpf_map__set_map_flags(shared, self._lib.bpf_map__map_flags(shared) | _F_MMAPABLE)

    @classmethod
    def open(cls, elf: bytes, name: str = "ply") -> Self:
        """Read an ELF object; `name` shows in the names of its data maps. Raises HostError `bad-object`."""
        lib = libbpf.library()
        libbpf.messages().take()
        libbpf.known_targets()
        options = _OpenOptions(ctypes.sizeof(_OpenOptions), name.encode())
        handle = lib.bpf_object__open_mem(elf, len(elf), ctypes.byref(options))
        if not handle:
            notes = libbpf.messages().take()
            raise refusal("bad-object", "libbpf cannot read the compiled program", libbpf.last_error(), notes=notes)
        return cls(handle, elf)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take_memory_late(self, symbol: str) -> None:
        """Have a hash take memory as keys appear, not for all entries at once (BPF_F_NO_PREALLOC, linux/bpf.h)."""
        result = self._lib.bpf_map__set_map_flags(self._maps[symbol], _F_NO_PREALLOC)
        self._check(result, f"cannot choose how map {symbol} takes memory")

    def aim(self, symbol: str, type_id: int) -> None:
        """Tell the number of the tracepoint of a `tp_btf` program in the kernel's BTF: then that is not searched."""
        self._type_ids[symbol] = type_id

    def set_map_entries(self, symbol: str, entries: int) -> None:
        """How many elements (bytes, for a ring buffer) a map is created with."""
        result = self._lib.bpf_map__set_max_entries(self._maps[symbol], entries)
        self._check(result, f"cannot size map {symbol}")

    def set_autoload(self, symbol: str, load: bool) -> None:
        """Whether a program is loaded at all."""
        result = self._lib.bpf_program__set_autoload(self._programs[symbol], load)
        self._check(result, f"cannot choose program {symbol}")

    def load(self) -> None:
        """Create the maps and load the programs.

        Raises VerifierError if the kernel refuses a program, else HostError `load`. The kernel writes a log only
        for a program that failed: libbpf loads without a log, and tries once more with level 1 and the buffer.
        """
        wanted = [(name, p) for name, p in self._programs.items() if self._lib.bpf_program__autoload(p)]
        if not wanted:
            self._check(self._lib.bpf_object__load(self._handle), "cannot create the maps")
            return
        for name, program in wanted:
            self._aim(name, program)
        room = min(_LOG_BYTES, _ALL_LOGS_BYTES // len(wanted))
        # Pages of it cost memory only where the kernel writes a log.
        with mmap.mmap(-1, room * len(wanted), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as logs:
            first = ctypes.addressof(ctypes.c_char.from_buffer(logs))
            for index, (_, program) in enumerate(wanted):
                self._lib.bpf_program__set_log_buf(program, first + index * room, room)
            result = self._lib.bpf_object__load(self._handle)
            for _, program in wanted:
                self._lib.bpf_program__set_log_buf(program, None, 0)
            if result < 0:
                for index, (name, _) in enumerate(wanted):
                    log = ctypes.string_at(first + index * room).decode(errors="replace")
                    if log:
                        raise VerifierError(name, log)
        self._check(result, "cannot load the programs into the kernel")

    def _aim(self, symbol: str, program: int) -> None:
        """Where a program is for a raw tracepoint with types: give libbpf its number, or have it look for the name."""
        section = self._lib.bpf_program__section_name(program).decode()
        if not section.startswith(libbpf.KnownTargets.SECTION):
            return
        known = self._type_ids.get(symbol, 0)
        if known:
            libbpf.known_targets().ids[program] = known
            self._lib.bpf_program__set_attach_target(program, _SOME_PROGRAM, None)
            return
        name = section.removeprefix(libbpf.KnownTargets.SECTION)
        result = self._lib.bpf_program__set_attach_target(program, 0, name.encode())
        self._check(result, f"cannot find raw tracepoint {name}")

    def programs(self) -> tuple[str, ...]:
        """The symbols of all programs, loaded or not."""
        return tuple(self._programs)

    def program(self, symbol: str) -> Program:
        """A program that was loaded."""
        descriptor = int(self._lib.bpf_program__fd(self._programs[symbol]))
        if descriptor < 0:
            raise KeyError(f"program {symbol} is not loaded")
        return Program(symbol, descriptor)

    def map(self, symbol: str) -> BpfMap:
        """A map that was created; `entries` of a ring buffer are its bytes."""
        lib, handle = self._lib, self._maps[symbol]
        return BpfMap(
            fd=int(lib.bpf_map__fd(handle)),
            kind=int(lib.bpf_map__type(handle)),
            key_size=int(lib.bpf_map__key_size(handle)),
            value_size=int(lib.bpf_map__value_size(handle)),
            entries=int(lib.bpf_map__max_entries(handle)),
            name=symbol,
        )

    def map_names(self) -> list[str]:
        """The symbols of all maps."""
        return list(self._maps)

    def state(self) -> memoryview:
        """The 64-bit words of section `.bss`, shared with the programs as they run; writable."""
        if self._state is None:
            shared = self.map(self._shared)
            # libbpf maps these pages itself only since 1.6, so the descriptor is mapped here.
            try:
                pages = mmap.mmap(shared.fd, (shared.value_size + mmap.PAGESIZE - 1) // mmap.PAGESIZE * mmap.PAGESIZE)
            except OSError as error:
                raise refusal("load", "cannot share memory with the programs", error) from error
            self._state = memoryview(pages)[: shared.value_size // 8 * 8].cast("Q")
        return self._state

    def close(self) -> None:
        """Drop programs and maps; what is attached stays in place until that is closed, too."""
        if self._state is not None:
            self._state.release()
            self._state = None
        if self._handle:
            self._lib.bpf_object__close(self._handle)
            self._handle = 0

    def _each(self, following: Callable[..., int | None], name: Callable[..., bytes]) -> Iterator[tuple[str, int]]:
        item = following(self._handle, None)
        while item:
            yield name(item).decode(), item
            item = following(self._handle, item)

    def _check(self, result: int, what: str) -> None:
        if result < 0:
            raise refusal("load", what, libbpf.result_error(result), notes=libbpf.messages().take())

"""What a backend offers to code generation: a small, structured machine with 64-bit scalars and pointers.

`codegen.py`, functions, aggregations and providers speak only this protocol, so that one lowering serves the
LLVM backend and the C backend. Control flow is nested (`when`, `choose`), so every path ends where it began.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from ..grammar.frozen import dataclass
from ..grammar.source import Span

Arithmetic = Literal["add", "sub", "mul", "udiv", "urem", "and", "or", "xor", "shl", "lshr", "ashr"]
Atomic = Literal["add", "and", "or", "xor"]
Comparison = Literal["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A 64-bit integer in a register; `raw` is the backend's own."""

    raw: Any


@dataclass(frozen=True, slots=True)
class Pointer:
    """An address; `raw` is the backend's own."""

    raw: Any


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of code that can be left early; `raw` is the backend's own."""

    raw: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a map in memory, while the map is gone through; of per-CPU maps `value` is this CPU's."""

    key: Pointer
    value: Pointer
    shared: tuple[Pointer, ...]


class Emitter(Protocol):
    """Builds one program at a time, instruction by instruction."""

    def at(self, span: Span) -> None:
        """What follows comes from this place of the script: the verifier's log will quote it."""

    def constant(self, value: int) -> Scalar:
        """A number, taken modulo 2**64."""

    def arithmetic(self, operator: Arithmetic, left: Scalar, right: Scalar) -> Scalar:
        """Two's complement arithmetic on 64 bits. No divisor may be zero, no shift 64 or more."""

    def compare(self, operator: Comparison, left: Scalar, right: Scalar) -> Scalar:
        """One or zero."""

    def extend(self, value: Scalar, bits: int, signed: bool) -> Scalar:
        """The low `bits`, sign- or zero-extended."""

    def when(self, condition: Scalar, then: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """Run one of two pieces of code."""

    def choose(self, condition: Scalar, then: Callable[[], Scalar], otherwise: Callable[[], Scalar]) -> Scalar:
        """The value of one of two pieces of code."""

    def region(self, body: Callable[[Region], None]) -> None:
        """Code that `leave` can leave."""

    def leave(self, region: Region) -> None:
        """On to the end of a region that this code is in."""

    def loop(self, body: Callable[[], None]) -> None:
        """The code again and again, until it leaves a region around the loop; the verifier must see that it does."""

    def for_each(self, symbol: str, shared: Sequence[Pointer], body: Callable[[Entry], Scalar]) -> Scalar:
        """Code for every entry of a map, until its value is not zero; how many entries were gone through.

        It is a function of its own, so nothing from before can be used in it but what `Entry.shared` has again.
        """

    def fetch(self, operator: Atomic, base: Pointer, value: Scalar) -> Scalar:
        """Change a 64-bit word in one step, even among CPUs; the value is what it was before."""

    def exchange_if(self, base: Pointer, expected: Scalar, value: Scalar) -> Scalar:
        """Replace a 64-bit word if it still is what is expected, in one step; the value is what it was before."""

    def find(self, first: Pointer, otherwise: Callable[[], Pointer]) -> Pointer:
        """`first`, or what `otherwise` yields where `first` is null."""

    def either(self, condition: Scalar, first: Pointer, second: Pointer) -> Pointer:
        """`first` where the condition holds, else `second`."""

    def is_null(self, pointer: Pointer) -> Scalar:
        """One for the null pointer."""

    def helper(self, number: int, *arguments: Scalar | Pointer) -> Scalar:
        """Call a BPF helper by its number (`enum bpf_func_id`) that returns an integer."""

    def helper_pointer(self, number: int, *arguments: Scalar | Pointer) -> Pointer:
        """Call a BPF helper by its number that returns an address or null."""

    def context(self) -> Pointer:
        """The program's argument."""

    def map(self, symbol: str) -> Pointer:
        """A map, as helpers want it."""

    def state(self, word: int) -> Pointer:
        """A word of the page shared with user space (`StateLayout`)."""

    def zeros(self) -> Pointer:
        """Read-only zero bytes, as many as the largest map value has."""

    def table(self, words: tuple[int, ...]) -> Pointer:
        """Read-only 64-bit words."""

    def stack(self, size: int) -> Pointer:
        """Fresh memory on the BPF stack, 8-byte aligned, not initialised."""

    def load(self, base: Pointer, offset: int, bits: int = 64, signed: bool = False) -> Scalar:
        """A number from memory."""

    def load_now(self, base: Pointer, offset: int) -> Scalar:
        """A 64-bit word that user space may change at any time: read from memory each time."""

    def store(self, base: Pointer, offset: int, value: Scalar, bits: int = 64) -> None:
        """The low bits of a number to memory."""

    def add_in_place(self, base: Pointer, value: Scalar, shared: bool) -> None:
        """Add to a 64-bit word; atomically if other programs may interrupt (`shared`)."""

    def move(self, base: Pointer, offset: int | Scalar) -> Pointer:
        """An address `offset` bytes further."""

    def pointer(self, value: Scalar) -> Pointer:
        """A number that is an address, used as one."""

    def address(self, value: Pointer) -> Scalar:
        """An address used as a number."""

    def start_clause(self) -> None:
        """Here a clause begins; what `scratch` needs is done here."""

    def scratch(self) -> Pointer:
        """This program's own slot of the per-CPU array `ply_scratch`, within the current clause."""

    def helper_void(self, number: int, *arguments: Scalar | Pointer) -> None:
        """Call a BPF helper that returns nothing."""

    def fill(self, base: Pointer, content: bytes) -> None:
        """Constant bytes to memory; a multiple of eight of them."""


class ModuleEmitter(Emitter, Protocol):
    """An emitter with the outline of a module around its programs."""

    def define_map(self, symbol: str, settings: dict[str, int]) -> None:
        """A BTF-defined map (libbpf's section `.maps`); `settings` are libbpf's names."""

    def define_state(self, words: int) -> None:
        """The page of 64-bit words shared with user space."""

    def define_zeros(self, size: int) -> None:
        """Read-only zero bytes, for first values of maps."""

    def program(self, symbol: str, section: str, line: int, body: Callable[[], None]) -> None:
        """One BPF program that returns zero; `body` builds it through this emitter."""

    def finish(self) -> str:
        """The text of the module."""

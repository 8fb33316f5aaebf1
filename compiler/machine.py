"""What the compiler needs to know of an architecture: registers, calling conventions, system call numbers.

One file in `compiler/machines/`, named as uname(2) names the architecture, sets `MACHINE`.
"""

import importlib
from collections.abc import Callable, Mapping

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """`registers` are byte offsets into `struct pt_regs`; arguments and results are names of registers.

    `link` is the register with the return address at a function's entry, "" where that is on the stack.
    `watch_modes` is what its breakpoints can wait for. `compat` is a member of a thread's `struct thread_info`, and the
    bits of it that say that the thread is in a system call of 32-bit programs, whose numbers mean others.
    `number_bits` is how wide the saved number of a system call is, `instruction` the length of a breakpoint for `x`.
    `step` gives the length of the instruction at a place in code, 0 where that is not known.
    `registers_size` is that of `bpf_user_pt_regs_t`, with which the context of a perf event begins.
    """

    name: str
    registers: Mapping[str, int]
    function_arguments: tuple[str, ...]
    syscall_arguments: tuple[str, ...]
    result: str
    syscall_number: str
    syscall_prefix: str
    syscalls: Mapping[int, str]
    stack_pointer: str = "sp"
    link: str = ""
    registers_size: int = 0
    compat: tuple[str, int] = ("", 0)
    number_bits: int = 64
    instruction: int = 8
    watch_modes: tuple[str, ...] = ("w", "rw", "x")
    step: Callable[[bytes, int], int] = lambda code, at: 0


def numbered(runs: Mapping[int, str]) -> dict[int, str]:
    """`{0: "read write", 334: "rseq"}` -> `{0: "read", 1: "write", 334: "rseq"}`."""
    return {start + index: name for start, names in runs.items() for index, name in enumerate(names.split())}


def machine(name: str) -> Machine:
    """The architecture of this name; ModuleNotFoundError where there is none."""
    found = importlib.import_module(f".machines.{name}", __package__).MACHINE
    assert isinstance(found, Machine)
    return found

"""What the compiler may ask about a program or a library on disk: its functions, and the probes its authors placed.

Addresses are those that the file was linked for; offsets are bytes into the file, which is how the kernel probes it.
"""

from collections.abc import Sequence
from typing import Protocol

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class UserSymbol:
    """A function of a file: `shown` is its name as its language writes it, `name` as the linker does.

    `indirect` ones (STT_GNU_IFUNC) choose another function when the program starts, and are not called themselves.
    A place within a function is as many bytes `within` it, of its `size` so many are left.
    """

    name: str
    address: int
    size: int
    offset: int
    shown: str
    indirect: bool = False
    within: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """A probe that the program's authors placed (a note of section `.note.stapsdt`), at one place of the code.

    `arguments` are the operands as the assembler wrote them: `-4@%eax 8@-16(%rbp)`. `semaphore` is the offset of a
    counter that says that somebody is looking, 0 where there is none.
    """

    provider: str
    name: str
    offset: int
    arguments: str
    address: int = 0
    semaphore: int = 0


class Binary(Protocol):
    """An ELF file that can be probed."""

    @property
    def path(self) -> str:
        """Where it is, absolute."""

    @property
    def stamp(self) -> str:
        """Another one as soon as the file is another: offsets into it are true only as long."""

    def functions(self, pattern: str) -> Sequence[UserSymbol]:
        """Functions whose name matches a glob pattern, as it is shown or as it is linked; sorted, all of one name."""

    def at(self, address: int) -> UserSymbol | None:
        """The place of an address in the file, named after the function around it; None where no code is."""

    def address(self, symbol: str) -> int | None:
        """The address of a symbol, be it a function or data; None where the file has none of that name."""

    def code(self, address: int, size: int) -> bytes:
        """What is at an address of the file's code; less, where there is less."""

    def size(self, symbol: str) -> int:
        """How many bytes a symbol has, 0 where that is not known."""

    def notes(self) -> Sequence[Note]:
        """The probes in it, in the order of the file."""

"""How a backend is declared: what builds a module's text, and what makes an object of it.

One file or folder in `compiler/backends/` sets `BACKEND`.
"""

from collections.abc import Callable

from ..grammar.frozen import dataclass
from ..grammar.source import Source
from .emitter import ModuleEmitter


@dataclass(frozen=True, slots=True)
class Backend:
    """`assemble` makes a BPF ELF object of the emitter's text, `listing` assembly for people to read."""

    name: str
    emitter: Callable[[Source], ModuleEmitter]
    assemble: Callable[[str], bytes]
    listing: Callable[[str], str]

"""How large a program may be: beyond, LLVM takes minutes, or ends the process where a jump would go too far."""

from ....grammar.diagnostic import CompileError, Diagnostic
from ....grammar.source import Source

MOST_LINES = 120_000
"""Of IR before it is optimised: LLVM needs minutes for more, which would not fit a program anyway."""
MOST_INSTRUCTIONS = 14_000
"""Of optimised IR. A jump in BPF goes 32767 instructions far; one of these makes up to 2.2 of them."""


def too_large(what: str, size: str, most: int, source: Source | None = None) -> CompileError:
    """The error `program-too-large`."""
    help = f"{most} at most: split the script, or count by a key instead of by a clause or statement each"
    return CompileError(Diagnostic("program-too-large", f"{what} too large: {size}", help=help), source=source)

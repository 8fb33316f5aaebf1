"""What the command line or the Python API may change about a compilation."""

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`parameters` are the words behind the script: its options, and `$1`...; `environment` is behind `$name`.

    `via` forces a way to attach; `target` limits all probes to `$target`; `delta` says that all maps are emptied again
    and again.
    """

    backend: str = "llvm"
    map_entries: int = 10240
    parameters: tuple[str, ...] = ()
    via: str = ""
    target: bool = False
    ring_bytes: int = 4 << 20
    stack_entries: int = 16384
    delta: bool = False
    environment: tuple[tuple[str, str], ...] = ()

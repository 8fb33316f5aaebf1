"""fentry: the entry of a kernel function, by a trampoline.

    fentry:vfs_read { @[comm].quantize(args.count) }

Cheaper than a kprobe, and with types: `args.NAME` are the arguments by the kernel's BTF, `arg(N)` the same as plain
numbers. Globs match up to 64 functions; `ply -l 'fentry:*NAME*'` shows arguments and types.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..kernel_functions import trampoline_listing, trampoline_places
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place for each function."""
    return trampoline_places(spec, host, on_return=False)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Functions with their prototypes."""
    return trampoline_listing("fentry", pattern, host)


PROVIDER = Provider("fentry", places, listing, aliases=("f", "kfunc"), needs="fentry")

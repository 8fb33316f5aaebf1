"""fexit: the return of a kernel function, by a trampoline.

    fexit:vfs_read / retval < 0 / { @[args.count, retval].count() }

Cheaper than a kretprobe, and none is missed. Arguments are known as well as the result: `args.NAME` and `retval` with
types, by the kernel's BTF, `arg(N)` as plain numbers. Globs match up to 64 functions; `ply -l 'fexit:*NAME*'` shows
arguments and types.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..kernel_functions import trampoline_listing, trampoline_places
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place for each function."""
    return trampoline_places(spec, host, on_return=True)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Functions with their prototypes."""
    return trampoline_listing("fexit", pattern, host)


PROVIDER = Provider("fexit", places, listing, aliases=("fr", "kretfunc"), needs="fentry")

"""kprobe: the entry of a kernel function, or of a system call by the name `SyS_x` or `sys_x`.

    kprobe:vfs_read { @[comm].count() }        kprobe:SyS_read / arg(2) > 1024 / { @.quantize(arg(2)) }

`*`, `?` and `[..]` match many functions at once. Arguments are `arg(0)` to `arg(5)`.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..kernel_functions import function_candidates, function_listing
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A system call's entry, or a function's."""
    return [function_candidates(spec, host, on_return=False)]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """System calls, then the functions that this kernel lets one probe."""
    return function_listing("kprobe", pattern, host)


PROVIDER = Provider("kprobe", places, listing, aliases=("k",), needs="kprobes")

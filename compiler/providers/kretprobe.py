"""kretprobe: the return of a kernel function, or of a system call by the name `SyS_x` or `sys_x`.

    kretprobe:SyS_read / retval > 0 / { @[comm].sum(retval) }

The result is `retval`, signed.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..kernel_functions import function_candidates, function_listing
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A system call's return, or a function's."""
    return [function_candidates(spec, host, on_return=True)]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """System calls, then the functions that this kernel lets one probe."""
    return function_listing("kretprobe", pattern, host)


PROVIDER = Provider("kretprobe", places, listing, aliases=("kr",), needs="kprobes")

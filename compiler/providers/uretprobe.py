"""uretprobe: the return of a function in a program or library, by `FILE:FUNCTION`.

    uretprobe:libc:malloc / retval == 0 / { @[comm].count() }        uretprobe:bash:readline { print(str(retval)) }

A file is a path, a library's name (`libc`, `libc.so.6`) or a command's (`bash`). The result is `retval`, signed.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..provider import Provider
from ..user_functions import user_function_listing, user_function_places


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """All functions that match, as one place."""
    return user_function_places(spec, host, on_return=True)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The functions of a file."""
    return user_function_listing("uretprobe", pattern, host)


PROVIDER = Provider("uretprobe", places, listing, aliases=("ur",), needs="uprobes", in_files=True)

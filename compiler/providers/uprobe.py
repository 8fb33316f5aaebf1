"""uprobe: the entry of a function in a program or library, by `FILE:FUNCTION`.

    uprobe:libc:malloc { @[comm].quantize(arg(0)) }        uprobe:bash:readline { @.count() }

A file is a path, a library's name (`libc`, `libc.so.6`) or a command's (`bash`). `*`, `?` and `[..]` match many
functions at once; `FUNCTION+OFFSET` and `0xADDRESS` are places where an instruction begins. Names that contain blanks
or commas stand in quotes. Arguments are `arg(0)` to `arg(5)`; all programs that use the file are seen, also those that
start later.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..provider import Provider
from ..user_functions import user_function_listing, user_function_places


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """All functions that match, as one place."""
    return user_function_places(spec, host, on_return=False)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The functions of a file."""
    return user_function_listing("uprobe", pattern, host)


PROVIDER = Provider("uprobe", places, listing, aliases=("u",), needs="uprobes", in_files=True)

"""BEGIN: once, before the first event.

BEGIN { printf("tracing...\\n") }
"""

from collections.abc import Sequence

from ..access import Candidate
from ..accesses import Plain
from ..ast import ProbeSpec
from ..attachment import Once
from ..host import Host
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """Run by user space."""
    return [[Candidate("test_run", Once("BEGIN"), Plain("BEGIN"))]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The one there is."""
    return [("BEGIN", "")]


PROVIDER = Provider("BEGIN", places, listing)

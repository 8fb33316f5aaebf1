"""END: once, after the last event and before the maps are printed.

END { printf("done\\n") }
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
    return [[Candidate("test_run", Once("END"), Plain("END"))]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The one there is."""
    return [("END", "")]


PROVIDER = Provider("END", places, listing)

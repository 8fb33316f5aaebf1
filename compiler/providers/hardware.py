"""hardware: an event that the processor counts: `cycles`, `instructions`, `cache-misses`, ...

    hardware:cache-misses:1e5 { @[comm, stack].count() }

`NAME` or `NAME:PERIOD`: each how many events are a sample, or `99hz`; a million where nothing is said. Needs a
processor whose counters can be used, which virtual machines often hide.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..perf_events import PerfEvent, event_listing, event_places
from ..provider import Provider

_KIND = 0  # PERF_TYPE_HARDWARE; the numbers are those of `enum perf_hw_id` (include/uapi/linux/perf_event.h)
_MILLION = 1_000_000
_NAMES = (
    ("cpu-cycles", "cycles"),
    ("instructions",),
    ("cache-references",),
    ("cache-misses",),
    ("branch-instructions", "branches"),
    ("branch-misses",),
    ("bus-cycles",),
    ("stalled-cycles-frontend", "idle-cycles-frontend"),
    ("stalled-cycles-backend", "idle-cycles-backend"),
    ("ref-cycles",),
)
EVENTS = {
    name: PerfEvent(number, names[0].replace("-", " "), _MILLION)
    for number, names in enumerate(_NAMES)
    for name in names
}
"""By perf's names, the usual one first."""


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A perf event on each CPU."""
    return event_places(spec, host, _KIND, EVENTS, host.missing("counters"))


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """All of them, where the processor has counters."""
    return [] if host.missing("counters") else event_listing("hardware", pattern, EVENTS)


PROVIDER = Provider("hardware", places, listing, aliases=("h",), needs="counters")

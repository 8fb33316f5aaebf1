"""software: an event that the kernel itself counts: `page-faults`, `context-switches`, `cpu-clock`, ...

    software:page-faults:1 { @[comm, ustack].count() }        software:cpu-clock:10ms { @[comm].count() }

`NAME` or `NAME:PERIOD`: each how many events are a sample, or `99hz`. All are seen where nothing is said; clocks tick
in nanoseconds, a millisecond where nothing is said. `args.addr` is the address of a page fault.
"""

from collections.abc import Sequence

from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..perf_events import PerfEvent, event_listing, event_places
from ..provider import Provider

_KIND = 1  # PERF_TYPE_SOFTWARE; the numbers are those of `enum perf_sw_ids` (include/uapi/linux/perf_event.h)
_CLOCK = 1_000_000
_EVENTS = {
    "page-faults": PerfEvent(2, "a page that was not there"),
    "minor-faults": PerfEvent(5, "one that was in memory already"),
    "major-faults": PerfEvent(6, "one that had to be read"),
    "context-switches": PerfEvent(3, "another thread on a CPU"),
    "cpu-migrations": PerfEvent(4, "a thread on another CPU"),
    "cpu-clock": PerfEvent(0, "a CPU's time, in nanoseconds", _CLOCK),
    "task-clock": PerfEvent(1, "a task's time, in nanoseconds", _CLOCK),
    "alignment-faults": PerfEvent(7, "an access that was not aligned"),
    "emulation-faults": PerfEvent(8, "an instruction that the kernel did instead"),
    "cgroup-switches": PerfEvent(11, "a thread of another cgroup on a CPU"),
    "bpf-output": PerfEvent(10, "what a BPF program wrote"),
    "dummy": PerfEvent(9, "nothing"),
}
_ALIASES = {
    "faults": "page-faults",
    "cs": "context-switches",
    "migrations": "cpu-migrations",
    "cpu": "cpu-clock",
    "task": "task-clock",
}
EVENTS = {**_EVENTS, **{alias: _EVENTS[name] for alias, name in _ALIASES.items()}}
"""By perf's names, the usual one first."""


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A perf event on each CPU."""
    return event_places(spec, host, _KIND, EVENTS, None)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """All of them."""
    return event_listing("software", pattern, EVENTS)


PROVIDER = Provider("software", places, listing, aliases=("s",))

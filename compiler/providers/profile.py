"""profile: a sample on every CPU, so many times a second.

    profile:99hz { @[stack].count() }

`profile:99` and `profile:99hz` are frequencies; `profile:10ms` is a period. `profile:0:99hz` samples CPU 0 alone.
"""

from collections.abc import Sequence

from ...grammar.diagnostic import CompileError, Diagnostic
from ..access import Candidate
from ..ast import ProbeSpec
from ..attachment import Counted
from ..durations import nanoseconds
from ..host import Host
from ..machine import machine
from ..perf_events import SampleAccess
from ..provider import Provider

_CLOCK = (1, 0)
"""PERF_TYPE_SOFTWARE and PERF_COUNT_SW_CPU_CLOCK (include/uapi/linux/perf_event.h)."""


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A perf CPU clock."""
    first, colon, rest = spec.target.partition(":")
    cpu, rate = (int(first), rest) if colon and first.isdecimal() else (-1, spec.target)
    text = rate.lower().removeprefix("hz:").removesuffix("hz")
    access = SampleAccess(f"profile:{spec.target}", machine(host.machine))
    if text.isdecimal() and 0 < int(text) <= 100_000:
        return [[Candidate("perf_event", Counted(*_CLOCK, frequency=int(text), cpu=cpu), access)]]
    period = nanoseconds(rate)
    if not period:
        raise CompileError(
            Diagnostic(
                "wrong-frequency",
                f"`{spec.target}` is neither a frequency of 1 to 100000 a second nor a period",
                spec.span,
                help="write `profile:99hz` or `profile:10ms`",
            )
        )
    return [[Candidate("perf_event", Counted(*_CLOCK, period=period, cpu=cpu), access)]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The forms there are."""
    return [("profile:99hz", ""), ("profile:10ms", ""), ("profile:0:99hz", "")]


PROVIDER = Provider("profile", places, listing, aliases=("p",))

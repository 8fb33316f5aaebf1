"""profile: a sample on every CPU, so many times a second.

    profile:99hz { @[stack].count() }

`profile:99` and `profile:99hz` are frequencies; `profile:10ms` is a period.
"""

from collections.abc import Sequence

from ...grammar.diagnostic import CompileError, Diagnostic
from ..access import Candidate
from ..accesses import ANYWHERE, STACK, Plain
from ..ast import ProbeSpec
from ..attachment import Sample
from ..durations import nanoseconds
from ..host import Host
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A perf CPU clock."""
    text = spec.target.lower().removeprefix("hz:").removesuffix("hz")
    access = Plain(f"profile:{spec.target}", ANYWHERE | STACK)
    if text.isdecimal() and 0 < int(text) <= 100_000:
        return [[Candidate("perf_event", Sample(frequency=int(text)), access)]]
    period = nanoseconds(spec.target)
    if not period:
        raise CompileError(
            Diagnostic(
                "wrong-frequency",
                f"`{spec.target}` is neither a frequency of 1 to 100000 a second nor a period",
                spec.span,
                help="write `profile:99hz` or `profile:10ms`",
            )
        )
    return [[Candidate("perf_event", Sample(period_ns=period), access)]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The forms there are."""
    return [("profile:99hz", ""), ("profile:10ms", "")]


PROVIDER = Provider("profile", places, listing, aliases=("p",))

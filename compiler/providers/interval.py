"""interval: run every so often, on one CPU: to print, to clear, to end.

    kprobe:SyS_read { @.count() } interval:1s { print(@); clear(@) }

`interval:1` is a second; `500ms`, `10us`, `1m` say it otherwise.
"""

from collections.abc import Sequence

from ...grammar.diagnostic import CompileError, Diagnostic
from ..access import Candidate
from ..accesses import Plain
from ..ast import ProbeSpec
from ..attachment import Timer
from ..durations import nanoseconds
from ..host import Host
from ..provider import Provider


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A timer of user space that runs the program in the kernel."""
    text = spec.target
    period = int(text) * 1_000_000_000 if text.isdecimal() else nanoseconds(text)
    if not period:
        raise CompileError(
            Diagnostic(
                "wrong-interval",
                f"`{text}` is not a span of time",
                spec.span,
                help="write `interval:1s`, `interval:500ms` or `interval:1` for a second",
            )
        )
    return [[Candidate("timer", Timer(period), Plain(f"interval:{text}"))]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The forms there are."""
    return [("interval:1s", ""), ("interval:500ms", "")]


PROVIDER = Provider("interval", places, listing, aliases=("i",))

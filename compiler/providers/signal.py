"""signal: a signal to ply itself: to print, to clear, to begin anew, whenever somebody sends it one.

    kprobe:SyS_read { @.count() } signal:SIGUSR1 { print(@); clear(@) }

`kill -USR1 PID` sends it. `signal:USR1` and `signal:10` are the same; Ctrl and a backslash send SIGQUIT. It runs
once for each signal that arrives. The kernel keeps one of a kind for a process that has not taken it yet, so signals
that come faster than they are taken are one; those from SIGRTMIN on are queued. SIGINT and SIGTERM end the run.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...grammar.diagnostic import CompileError, Diagnostic
from ...grammar.render import suggest
from ..access import Candidate
from ..accesses import Plain
from ..ast import ProbeSpec
from ..attachment import Signal
from ..host import Host
from ..provider import Provider
from ..signals import NUMBERED, SIGNALS, TAKEN, signal_number


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A handler of user space that runs the program in the kernel."""
    text = spec.target.removeprefix("signal:")  # `self:signal:SIGUSR1`
    number = signal_number(text)
    if number is None:
        known = {short: name for name in SIGNALS for short in (name, name.removeprefix("SIG"))}
        close = suggest(text.upper(), known)
        hint = f"did you mean `signal:{known[close]}`?" if close else "`ply -l signal` lists them"
        raise CompileError(Diagnostic("no-such-signal", f"there is no signal `{text}`", spec.span, help=hint))
    name = NUMBERED[number]
    if name in TAKEN:
        hint = "`END` is for what is to be done at the end; signals without a meaning are SIGUSR1 and SIGUSR2"
        raise CompileError(Diagnostic("wrong-signal", f"{name} {TAKEN[name]}", spec.span, help=hint))
    return [[Candidate("test_run", Signal(number, name), Plain(f"signal:{name}"))]]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Those that a clause can have."""
    return [(f"signal:{name}", "") for name in SIGNALS if name not in TAKEN and fnmatchcase(name, pattern)]


PROVIDER = Provider("signal", places, listing, aliases=("self",))

"""rawtracepoint: a tracepoint before its record is made: its arguments as the kernel's code passes them, with types.

    rawtracepoint:sched_switch { @[args.prev->comm, args.next->comm].count() }

Cheaper than `tracepoint:`, and pointers lead to all of the kernel's data; but there is no promise that arguments stay
as they are from one kernel to the next. `arg0`, `arg1`, ... are the same without types. `GROUP:NAME` and globs are
accepted; `ply -l 'rawtracepoint:*'` shows the arguments.
"""

from collections.abc import Sequence

from ...grammar.diagnostic import Diagnostic, HostError
from ...grammar.render import suggest
from ..access import Candidate
from ..ast import ProbeSpec
from ..attachment import RawTracepoint
from ..host import Host
from ..provider import Provider
from ..raw_tracepoints import RawArguments
from ..types import describe


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place for each name that matches."""
    wanted = _name(spec.target)
    if host.missing("btf"):  # then they are not listed anywhere: attaching tells
        return [[Candidate("raw_tp", RawTracepoint(wanted), RawArguments(wanted))]]
    found = host.raw_tracepoints(wanted)
    if not found:
        close = suggest(wanted, host.raw_tracepoints("*"))
        hint = f"did you mean `rawtracepoint:{close}`?" if close else "`ply -l 'rawtracepoint:*'` lists them"
        message = f"this kernel has no raw tracepoint `{wanted}`"
        if host.tracepoints(f"*:{wanted}"):
            hint = f"it is a tracepoint without a raw one: `tracepoint:{host.tracepoints(f'*:{wanted}')[0]}`"
        raise HostError(Diagnostic("no-such-tracepoint", message, spec.span, help=hint))
    return [[_candidate(name, host)] for name in found]


def _name(target: str) -> str:
    """`sched:sched_switch` and `sched/sched_switch` are `sched_switch`: raw tracepoints have no groups."""
    return target.replace("/", ":").rpartition(":")[2]


def _candidate(name: str, host: Host) -> Candidate:
    return Candidate("raw_tp", RawTracepoint(name), RawArguments(name, lambda: host.raw_tracepoint(name)))


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Each with its arguments and their types."""
    if host.missing("btf"):
        return []
    return [(f"rawtracepoint:{name}", _arguments(name, host)) for name in host.raw_tracepoints(_name(pattern))]


def _arguments(name: str, host: Host) -> str:
    known = host.raw_tracepoint(name)
    if known is None:
        return ""
    return ", ".join(f"{describe(kind) if kind else 'void'} {each}" for each, kind in known.parameters)


PROVIDER = Provider("rawtracepoint", places, listing, aliases=("rt", "raw_tracepoint"), needs="btf")

"""tracepoint: an event that the kernel's authors placed, by `subsystem:event` or `subsystem/event`.

    tracepoint:sched:sched_switch { @[comm].count() }

`*`, `?` and `[..]` match many at once. `ply -l tracepoint:sched:*` shows the fields.
"""

from collections.abc import Sequence

from ...grammar.diagnostic import CompileError, Diagnostic, HostError
from ...grammar.render import suggest
from ..access import Candidate
from ..accesses import Record, own_fields
from ..ast import ProbeSpec
from ..attachment import RawTracepoint, Tracepoint
from ..host import Host, Missing
from ..provider import Provider
from ..raw_tracepoints import without_record
from ..syscall_records import call_record


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """A perf tracepoint for each event that matches."""
    group, separator, name = spec.target.replace("/", ":").partition(":")
    if not separator or not name:
        raise CompileError(
            Diagnostic(
                "incomplete-probe",
                f"a tracepoint is a subsystem and an event, and `{spec.target}` is only one of them",
                spec.span,
                help=_whole(group, host),
            )
        )
    missing = host.missing("tracefs")
    if missing:
        return [[Candidate("tracepoint", Tracepoint(group, name), Record(f"{group}:{name}"), missing)]]
    found = host.tracepoints(f"{group}:{name}")
    if not found:
        close = suggest(f"{group}:{name}", host.tracepoints("*:*"))
        raise HostError(
            Diagnostic(
                "no-such-tracepoint",
                f"this kernel has no tracepoint `{group}:{name}`",
                spec.span,
                help=f"did you mean `tracepoint:{close}`?" if close else "`ply -l 'tracepoint:*'` lists them",
            )
        )
    return [_candidates(point, host) for point in found]


def _whole(part: str, host: Host) -> str:
    """What may be meant by an event without its subsystem, or the other way round."""
    same = () if host.missing("tracefs") else host.tracepoints(f"*:{part}")
    if same:
        return f"did you mean `tracepoint:{same[0]}`?"
    if not host.missing("tracefs") and host.tracepoints(f"{part}:*"):
        return f"`tracepoint:{part}:*` are all of that subsystem; `ply -l 'tracepoint:{part}:*'` lists them"
    return "write `tracepoint:sched:sched_switch`; `ply -l 'tracepoint:*'` lists them"


def _candidates(point: str, host: Host) -> Sequence[Candidate]:
    """Without its record where its fields are not used or can be had: less work, and nothing to wait for later."""
    group, name = point.split(":", 1)
    record = Record(point, lambda: host.tracepoint_fields(group, name))
    none = (
        None if host.has_raw_tracepoint(name) else Missing("the kernel's BTF describes no raw tracepoint of its name")
    )
    raw = Candidate("raw_tp", RawTracepoint(name), without_record(point), none)
    whole = Candidate("tracepoint", Tracepoint(group, name), record)
    call = call_record(group, name, host)
    if call is None:
        return raw, whole
    return (call, whole) if group == "syscalls" else (raw, call, whole)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Tracepoints that match, with the fields of their records."""
    wanted = pattern.replace("/", ":")
    glob = any(character in wanted for character in "*?[")
    points = host.tracepoints(wanted if ":" in wanted or glob else f"{wanted}:*")
    return [(f"tracepoint:{point}", _fields(point, host)) for point in points]


def _fields(point: str, host: Host) -> str:
    shown = own_fields(host.tracepoint_fields(*point.split(":", 1)))
    return ", ".join(f"{field.type.removeprefix('__data_loc ')} {field.name}" for field in shown)


PROVIDER = Provider("tracepoint", places, listing, aliases=("t", "trace"), needs="tracefs")

"""iter: a list that the kernel keeps, gone through once: all tasks, open files, memory areas, sockets, BPF objects.

    iter:task { @[args.task->comm].count() }        iter:task_file { @open[args.task->comm].count() }

The clause runs for each entry when the run begins; a script that has no other events ends by itself then. `args.NAME`
are the entries, with types; `pid`, `comm` and their like are those of ply itself. `ply -l 'iter:*'` lists the lists.
With `-p PID`, `task`, `task_file` and `task_vma` are those of one process; lists that are no process's stay whole.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...grammar.diagnostic import CompileError, Diagnostic, HostError
from ...grammar.render import suggest
from ..access import Candidate
from ..ast import ProbeSpec
from ..attachment import Iterator
from ..host import Host
from ..iterating import IteratorAccess
from ..provider import Provider
from ..types import describe

_OF_ONE_MAP = ("bpf_map_elem", "bpf_sk_storage_map", "sockmap")


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place for each list that matches."""
    missing = host.missing("btf")
    known = () if missing else host.iterators()
    found = [name for name in known if fnmatchcase(name, spec.target)] or ([spec.target] if missing else [])
    if spec.target in _OF_ONE_MAP:
        message = f"`iter:{spec.target}` goes through one map, which a probe has no name for"
        hint = "the script's own maps: `for (k, v in @m) { ... }`; those of others: `bpftool map dump`"
        raise CompileError(Diagnostic("no-such-iterator", message, spec.span, help=hint))
    if not found:
        close = suggest(spec.target, known)
        hint = f"did you mean `iter:{close}`?" if close else f"there are {', '.join(known)}"
        message = f"this kernel has no list `{spec.target}` to go through"
        raise HostError(Diagnostic("no-such-iterator", message, spec.span, help=hint))
    return [[Candidate("iterator", Iterator(name), _access(name, host), missing)] for name in found]


def _access(name: str, host: Host) -> IteratorAccess:
    def tgid() -> int | None:
        layout = host.record("struct task_struct")
        found = (member.bit_offset // 8 for member in layout.members if member.name == "tgid") if layout else ()
        return next(iter(found), None)

    return IteratorAccess(name, lambda: host.prototype(f"bpf_iter_{name}"), tgid)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Each with what its entries are."""
    names = () if host.missing("btf") else host.iterators()
    return [(f"iter:{name}", _entries(name, host)) for name in names if fnmatchcase(name, pattern)]


def _entries(name: str, host: Host) -> str:
    known = _access(name, host).prototype()
    return ", ".join(f"{describe(kind) if kind else 'void'} {each}" for each, kind in known.parameters) if known else ""


PROVIDER = Provider("iter", places, listing, aliases=("it",), needs="btf")

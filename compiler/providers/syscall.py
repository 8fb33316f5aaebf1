"""syscall: a system call's entry, or its return, with its arguments by name.

    syscall:read / args.count > 1024 / { @[comm].quantize(args.count) }        syscall:read:return { @.sum(retval) }

`syscall::read:entry` and `syscall:read:entry` mean the entry too. `*`, `?` and `[..]` match many.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...grammar.diagnostic import CompileError, Diagnostic
from ...grammar.render import suggest
from ..access import Candidate
from ..ast import ProbeSpec
from ..host import Host
from ..machine import machine
from ..provider import Provider
from ..syscalls import candidates, named_arguments

_ENDS = {"entry": False, "enter": False, "return": True, "exit": True}


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place, whatever the set of calls."""
    parts = spec.target.removeprefix(":").split(":")
    if len(parts) == 2 and parts[0] and parts[1] not in _ENDS:
        close = suggest(parts[1], _ENDS)
        help = (
            f"did you mean `{spec.provider}:{parts[0]}:{close}`?" if close else "`entry` and `return` are the two ends"
        )
        message = f"a system call has no end `{parts[1]}`"
        raise CompileError(Diagnostic("incomplete-probe", message, spec.span, help=help))
    if len(parts) > 2 or not parts[0]:
        raise CompileError(
            Diagnostic(
                "incomplete-probe",
                f"`{spec.provider}:{spec.target}` does not say which system call, and which end of it",
                spec.span,
                help="write `syscall:read` for the entry, `syscall:read:return` for the return",
            )
        )
    on_return = len(parts) == 2 and _ENDS[parts[1]]
    tail = f":{parts[1]}" if len(parts) == 2 else ""
    return [candidates(f"sys_{parts[0]}", on_return, spec.span, host, lambda name: f"{spec.provider}:{name}{tail}")]


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Each call with its arguments, where the kernel describes them."""
    found = []
    for _, name in sorted(machine(host.machine).syscalls.items()):
        if fnmatchcase(name, pattern) or fnmatchcase(f"{name}:return", pattern):
            named = ", ".join(named_arguments(name, host))
            found += [(f"syscall:{name}", named), (f"syscall:{name}:return", "retval")]
    return [entry for entry in found if fnmatchcase(entry[0].removeprefix("syscall:"), pattern)]


PROVIDER = Provider("syscall", places, listing, aliases=("sc",))

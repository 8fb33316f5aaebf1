"""watchpoint: a variable that is written or read, or an instruction that is executed, by a hardware breakpoint.

    watchpoint:bash:readline:x { @[ustack].count() }        watchpoint:0xffffffff81001000:8:rw { @.count() }

`FILE:SYMBOL` is in the process of `-p` or of the command after `--`; a SYMBOL alone, and an address of the kernel, are
the kernel's. Then come the length (1, 2, 4, 8; the variable's own where nothing is said) and what to wait for: `w`,
`rw`, `x` (`w`, but `x` for a function). `args.addr` is the address. Processors have few of these: four on x86.
"""

import re
from collections.abc import Sequence

from ...grammar.diagnostic import CompileError, Diagnostic, HostError
from ...grammar.frozen import dataclass
from ...grammar.render import suggest
from ..access import Candidate
from ..ast import ProbeSpec
from ..attachment import Watch
from ..host import Host, Missing
from ..machine import Machine, machine
from ..provider import Provider
from ..user_functions import find_binary
from ..watching import WatchAccess

_TARGET = re.compile(r"(?P<where>.+?)(?::(?P<length>\d+))?(?::(?P<mode>[rwx]+))?", re.DOTALL)
_OFFSET = re.compile(r"(?P<name>.+?)(?:\+(?P<offset>0[xX][0-9a-fA-F]+|\d+))?", re.DOTALL)
_KERNEL = 1 << 63
"""Addresses from here on are the kernel's (Documentation/arch/x86/x86_64/mm.rst, arch/arm64/memory.rst)."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What is watched; `length` and `mode` are what is meant where nothing is said."""

    place: Watch
    function: bool = False


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One breakpoint."""
    kind = machine(host.machine)
    parts = _TARGET.fullmatch(spec.target)
    assert parts is not None
    found = _found(spec, parts["where"], host)
    mode = "".join(sorted(parts["mode"] or ("x" if found.function else "w")))
    length = kind.instruction if mode == "x" else int(parts["length"] or found.place.length or 8)
    _check(spec, found.place.address, length, mode, kind)
    at = found.place
    place = Watch(at.address, length, mode, at.user, at.asked, at.path, at.stamp)
    access = WatchAccess(kind, False, "user" if at.user else "", name=spec.target, entry=mode == "x" and found.function)
    missing = host.missing("breakpoints")
    if missing is None and not at.user and mode == "x" and host.missing("kprobes"):
        why = "a kernel without CONFIG_KPROBES does not know which of its own instructions may be stopped at"
        missing = Missing(why, "see `ply -l 'tracepoint:*'` for what this kernel offers instead")
    return [[Candidate("breakpoint", place, access, missing)]]


def _check(spec: ProbeSpec, address: int, length: int, mode: str, kind: Machine) -> None:
    problem = help = ""
    if mode not in kind.watch_modes:
        problem = f"this processor cannot wait for `{mode}` alone"
        help = f"write one of {', '.join(kind.watch_modes)}"
    elif length not in (1, 2, 4, 8):
        problem, help = f"a watchpoint has a length of 1, 2, 4 or 8 bytes, not {length}", "watch a part of it"
    elif mode != "x" and address % length:
        problem = f"{address:#x} is not a multiple of {length}, as it has to be for this length"
        help = "watch fewer bytes: `:4:w`"
    if problem:
        raise CompileError(Diagnostic("wrong-watchpoint", problem, spec.span, help=help))


def _found(spec: ProbeSpec, where: str, host: Host) -> _Place:
    """The address, and the usual length."""
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", where):
        address = int(where, 16)
        return _Place(Watch(address, 8, "w", user=address < _KERNEL))
    file, colon, symbol = where.rpartition(":")
    parts = _OFFSET.fullmatch(symbol)
    if parts is None:
        message = f"`{spec.provider}:{spec.target}` does not say what to watch"
        help = "write `watchpoint:FILE:SYMBOL:8:w`, `watchpoint:SYMBOL:8:w` or `watchpoint:0xADDRESS:8:w`"
        raise CompileError(Diagnostic("incomplete-probe", message, spec.span, help=help))
    offset = int(parts["offset"] or "0", 0)
    return _of_file(spec, file, parts["name"], offset, host) if colon else _of_kernel(spec, parts["name"], offset, host)


def _of_file(spec: ProbeSpec, file: str, name: str, offset: int, host: Host) -> _Place:
    binary = find_binary(spec, file, host)
    address = binary.address(name)
    if address is None:
        help = "it may be stripped: give an address, `watchpoint:0xADDRESS:8:w`"
        raise HostError(Diagnostic("no-such-symbol", f"`{binary.path}` has no symbol `{name}`", spec.span, help=help))
    size = binary.size(name)
    at = Watch(address + offset, size if size in (1, 2, 4, 8) else 8, "w", True, file, binary.path, binary.stamp)
    return _Place(at, function=not offset and bool(binary.functions(name)))


def _of_kernel(spec: ProbeSpec, name: str, offset: int, host: Host) -> _Place:
    address = host.address(name)
    if address is None:
        close = suggest(name, host.functions("*"))
        hint = f"did you mean `{close}`?" if close else "a variable in a program is `watchpoint:FILE:SYMBOL`"
        message = f"this kernel has no symbol `{name}`"
        why = "" if host.address("jiffies") else "; it does not list its variables (CONFIG_KALLSYMS_ALL)"
        raise HostError(Diagnostic("no-such-symbol", message + why, spec.span, help=hint))
    return _Place(Watch(address + offset, 8, "w"), function=not offset and host.is_function(name))


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The forms there are."""
    if host.missing("breakpoints"):
        return []
    forms = ("FILE:SYMBOL:8:w", "KERNEL_SYMBOL:8:rw", "0xADDRESS:4:w", "KERNEL_FUNCTION:x")
    return [(f"watchpoint:{form}", "args.addr") for form in forms]


PROVIDER = Provider("watchpoint", places, listing, aliases=("w", "asyncwatchpoint"))

"""Functions of programs and libraries as probes: `uprobe:libc:mal*` is one link for all of them where the kernel can.

PATH:NAME   PATH:NAME+OFFSET   PATH:0xADDRESS   with a path, a library (`libc`) or a command (`bash`), and globs
"""

import re
from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic, HostError
from ..grammar.frozen import dataclass, replace
from ..grammar.render import suggest
from . import bpf
from .access import Candidate, Frame
from .accesses import Registers
from .ast import ProbeSpec
from .attachment import Uprobe
from .binary import Binary, UserSymbol
from .emitter import Pointer, Scalar
from .host import Host, Missing
from .machine import Machine, machine

_GLOB = frozenset("*?[")
_LONGEST = 15
"""Bytes that an instruction has at most, on x86."""
_MIDDLE = re.compile(r"\+0x[0-9a-f]+$")
_PLACE = re.compile(r"(?P<name>.+?)(?:\+(?P<offset>0[xX][0-9a-fA-F]+|\d+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class UserRegisters(Registers):
    """A uprobe or uretprobe: registers of the traced program; `names` are those of the places, by attach cookie.

    Of a single place, `binary` is the file and `address` where the place was linked.
    """

    names: tuple[str, ...] = ()
    binary: Binary | None = None
    address: int = 0

    def function(self, frame: Frame) -> Scalar:
        """The name of the place that the kernel says it is."""
        if len(set(self.names)) == 1:
            return frame.name(self.names[0])
        return frame.name_of(self.names, frame.emit.helper(bpf.GET_ATTACH_COOKIE, frame.emit.context()))


@dataclass(frozen=True, slots=True)
class UserEntry(UserRegisters):
    """The entry of functions."""

    def caller(self, frame: Frame, into: Pointer) -> None:
        """See `AtEntry`: in a register where the machine has one for that, else on top of the stack."""
        emit, kind = frame.emit, self.machine
        where = emit.load(emit.context(), kind.registers[kind.link or kind.stack_pointer])
        if kind.link:
            emit.store(into, 0, where)
        else:
            emit.helper(bpf.PROBE_READ_USER, into, emit.constant(8), where)


def user_function_places(spec: ProbeSpec, host: Host, on_return: bool) -> Sequence[Sequence[Candidate]]:
    """Ways to be at the entry or the return of what `spec` names; HostError where there is no such file or function."""
    asked, _, wanted = spec.target.partition(":")
    if not asked or not wanted:
        raise CompileError(
            Diagnostic(
                "incomplete-probe",
                f"`{spec.provider}:{spec.target}` does not say which function of which file",
                spec.span,
                help=f"write `{spec.provider}:PATH:FUNCTION`, such as `{spec.provider}:libc:malloc`",
            )
        )
    binary = find_binary(spec, asked, host)
    places = _places(spec, wanted, binary, on_return, host)
    names = tuple(place.shown for place in places)
    within = on_return or any(map(_MIDDLE.search, names))
    file, address = (binary, places[0].address) if len(places) == 1 else (None, 0)
    kind = UserRegisters if within else UserEntry
    access = kind(machine(host.machine), on_return, "user", names=names, binary=file, address=address)
    offsets = tuple(place.offset for place in places)
    return [uprobe_candidates(Uprobe(asked, binary.path, binary.stamp, offsets, on_return), access, host)]


def uprobe_candidates(place: Uprobe, access: UserRegisters, host: Host) -> Sequence[Candidate]:
    """One link for all places, else a perf event for each."""
    return (
        Candidate("uprobe_multi", replace(place, multi=True), access, host.missing("uprobe_multi")),
        Candidate("uprobe", place, access, host.missing("uprobes")),
    )


def find_binary(spec: ProbeSpec, asked: str, host: Host) -> Binary:
    """The file that a probe names; HostError where there is none."""
    found = host.binary(asked)
    if not isinstance(found, Missing):
        return found
    known = () if "/" in asked else host.binaries()
    close = "" if asked in known else suggest(asked, known)
    hint = f"did you mean `{spec.provider}:{close}:...`?" if close else found.remedy
    raise HostError(Diagnostic("no-such-binary", f"cannot probe `{asked}`: {found.why}", spec.span, help=hint))


def _places(spec: ProbeSpec, wanted: str, binary: Binary, on_return: bool, host: Host) -> Sequence[UserSymbol]:
    """Every place once, although functions may have several names: `malloc` rather than `__libc_malloc`."""
    parts = _PLACE.fullmatch(wanted)
    assert parts is not None
    name, offset = parts["name"], int(parts["offset"] or "0", 0)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", name):
        found = [_at(spec, int(name, 0) + offset, binary)]
    else:
        found = [_moved(spec, each, offset, binary) for each in _functions(spec, name, binary)]
    if on_return and any(_MIDDLE.search(each.shown) for each in found):
        help = "leave the offset out, or use `uprobe:`"
        raise CompileError(
            Diagnostic("return-offset", "a function returns as a whole: an offset has no return", spec.span, help=help)
        )
    best = sorted(found, key=lambda each: (each.shown.startswith("_"), len(each.shown), each.shown))
    names = {place.offset: place for place in reversed(best)}
    for place in found:
        _check_instruction(spec, place, binary, machine(host.machine))
    return list(dict.fromkeys(names[place.offset] for place in found))


def _check_instruction(spec: ProbeSpec, place: UserSymbol, binary: Binary, kind: Machine) -> None:
    """A breakpoint in the middle of an instruction would make it another one: HostError, if that is where it is."""
    code = binary.code(place.address - place.within, place.within + _LONGEST)
    before = at = 0
    while at < place.within:
        length = kind.step(code, at)
        if not length:  # no code, or one that nobody knows
            return
        before, at = at, at + length
    if at != place.within:
        message = f"no instruction begins at `{place.shown}`: a probe there would change the program"
        function = place.shown.rpartition("+")[0]
        help = f"instructions begin at `{function}+{before:#x}` and `{function}+{at:#x}`"
        raise HostError(Diagnostic("no-such-offset", message, spec.span, help=help))


def _functions(spec: ProbeSpec, name: str, binary: Binary) -> Sequence[UserSymbol]:
    found = binary.functions(name)
    direct = [each for each in found if not each.indirect]
    if direct:
        return direct
    where = f"`{binary.path}`"
    if found:
        raise HostError(
            Diagnostic(
                "indirect-function",
                f"`{name}` of {where} is not called itself: at its start, each program chooses one of several for it",
                spec.span,
                help=f"`ply -l '{spec.provider}:{binary.path}:*{name}*'` lists those that have names",
            )
        )
    close = "" if not _GLOB.isdisjoint(name) else suggest(name, [each.shown for each in binary.functions("*")])
    hint = f"did you mean `{close}`?" if close else f"`ply -l '{spec.provider}:{binary.path}:*'` lists what it has"
    if not close and binary.address(name) is not None:
        hint = f"it is a variable: `watchpoint:{binary.path}:{name}` waits for its changes"
    elif not binary.functions("*"):
        hint = "it is stripped: install its debug symbols, or give an address: `0x1234`"
    raise HostError(Diagnostic("no-such-symbol", f"{where} has no function `{name}`", spec.span, help=hint))


def _moved(spec: ProbeSpec, function: UserSymbol, offset: int, binary: Binary) -> UserSymbol:
    """`offset` bytes into a function."""
    if not offset:
        return function
    if offset >= function.size:
        message = f"`{function.shown}` has {function.size} bytes, and byte {offset} is beyond its end"
        raise HostError(Diagnostic("no-such-offset", message, spec.span, help="offsets count from the first byte, 0"))
    return _at(spec, function.address + offset, binary)


def _at(spec: ProbeSpec, address: int, binary: Binary) -> UserSymbol:
    found = binary.at(address)
    if found is None:
        message = f"`{binary.path}` has no code at {address:#x}"
        help = "addresses are those that `nm` and `objdump` show"
        raise HostError(Diagnostic("no-such-offset", message, spec.span, help=help))
    return found


def user_function_listing(provider: str, pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """Functions of one file, `FILE:GLOB`; of no file in particular there are too many to list."""
    found = listed_binary(pattern, host)
    if found is None:
        return []
    asked, wanted, binary = found
    fields = "retval" if provider == "uretprobe" else "arg(0)..arg(5)"
    names = dict.fromkeys(each.shown for each in binary.functions(wanted) if not each.indirect)
    return [(f"{provider}:{asked}:{_quoted(name)}", fields) for name in names]


def listed_binary(pattern: str, host: Host) -> tuple[str, str, Binary] | None:
    """The file of `FILE:GLOB`, its name there, and the glob; None for what names no file."""
    asked, _, wanted = pattern.partition(":")
    binary = host.binary(asked) if _GLOB.isdisjoint(asked) else None
    if binary is None or (isinstance(binary, Missing) and ":" not in pattern):
        return None
    if isinstance(binary, Missing):
        raise HostError(Diagnostic("no-such-binary", f"cannot probe `{asked}`: {binary.why}", help=binary.remedy))
    return asked, wanted or "*", binary


def _quoted(name: str) -> str:
    """As it has to be written in a script."""
    return f'"{name}"' if re.search(r"[\s,{/]", name) else name

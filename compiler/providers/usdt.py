"""usdt: a probe that the authors of a program or library placed in it, by `FILE:PROVIDER:NAME` or `FILE:NAME`.

    usdt:python3:gc__done { @.quantize(arg(0)) }        usdt:libc:setjmp { @[comm, func].count() }

A file is a path, a library's name (`libc`) or a command's (`python3`). `*`, `?` and `[..]` match many probes at once;
`-` may stand for `__`. `ply -l 'usdt:FILE:*'` lists the probes of a file with the types of their arguments.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...grammar.diagnostic import CompileError, Diagnostic, HostError
from ...grammar.render import suggest
from ..access import Candidate
from ..ast import ProbeSpec
from ..attachment import Uprobe
from ..binary import Binary, Note
from ..host import Host
from ..machine import machine
from ..provider import Provider
from ..types import Int, describe
from ..usdt_operands import Operand
from ..user_functions import find_binary, listed_binary, uprobe_candidates
from ..user_probes import NoteArguments, kinds_of, operands_of

_Group = tuple[tuple[Operand, ...], tuple[Int, ...]]


def places(spec: ProbeSpec, host: Host) -> Sequence[Sequence[Candidate]]:
    """One place for all notes whose arguments are reached alike."""
    asked, _, wanted = spec.target.partition(":")
    if not asked or not wanted:
        raise CompileError(
            Diagnostic(
                "incomplete-probe",
                f"a usdt probe is a file and a name, and `{spec.target}` is only one of them",
                spec.span,
                help=f"write `usdt:FILE:NAME`; `ply -l 'usdt:{asked or 'FILE'}:*'` lists those of a file",
            )
        )
    binary = find_binary(spec, asked, host)
    notes = _matching(wanted, binary)
    if not notes:
        raise HostError(_no_probe(spec, wanted, binary))
    groups: dict[_Group, list[Note]] = {}
    for alike in _by_name(notes).values():
        operands = [operands_of(note, binary) for note in alike]
        kinds = kinds_of(operands)
        for note, own in zip(alike, operands, strict=True):
            groups.setdefault((own, kinds), []).append(note)
    return [_candidates(asked, binary, key, found, host) for key, found in groups.items()]


def _candidates(asked: str, binary: Binary, key: _Group, notes: Sequence[Note], host: Host) -> Sequence[Candidate]:
    offsets, counters = tuple(note.offset for note in notes), tuple(note.semaphore for note in notes)
    names = tuple(f"{note.provider}:{note.name}" for note in notes)
    operands, kinds = key
    access = NoteArguments(machine(host.machine), False, "user", names=names, operands=operands, kinds=kinds)
    place = Uprobe(asked, binary.path, binary.stamp, offsets, counters=counters if any(counters) else ())
    return uprobe_candidates(place, access, host)


def _matching(wanted: str, binary: Binary) -> list[Note]:
    """Every place once: two notes at one place would be hit twice."""
    pattern = wanted if ":" in wanted else f"*:{wanted}"
    choices = (pattern, pattern.replace("-", "__"))
    found = (it for it in binary.notes() if any(fnmatchcase(f"{it.provider}:{it.name}", choice) for choice in choices))
    return list({(note.offset, note.name): note for note in found}.values())


def _by_name(notes: Sequence[Note]) -> dict[tuple[str, str], list[Note]]:
    found: dict[tuple[str, str], list[Note]] = {}
    for note in notes:
        found.setdefault((note.provider, note.name), []).append(note)
    return found


def _no_probe(spec: ProbeSpec, wanted: str, binary: Binary) -> Diagnostic:
    known = [f"{note.provider}:{note.name}" for note in binary.notes()]
    message = f"`{binary.path}` has no probe `{wanted}`"
    if not known:
        message, hint = f"`{binary.path}` has no probes of its own", "`uprobe:` probes its functions"
    else:
        close = suggest(wanted, known if ":" in wanted else [name.partition(":")[2] for name in known])
        hint = f"did you mean `{close}`?" if close else f"`ply -l 'usdt:{binary.path}:*'` lists them"
    return Diagnostic("no-such-usdt", message, spec.span, help=hint)


def listing(pattern: str, host: Host) -> Sequence[tuple[str, str]]:
    """The probes of a file, with the types of their arguments."""
    found = listed_binary(pattern, host)
    if found is None:
        return []
    asked, wanted, binary = found
    by_name = _by_name(_matching(wanted, binary))
    return [
        (f"usdt:{asked}:{provider}:{name}", _fields([operands_of(note, binary) for note in notes]))
        for (provider, name), notes in sorted(by_name.items())
    ]


def _fields(operands: Sequence[Sequence[Operand]]) -> str:
    return ", ".join(f"{describe(kind)} arg{index}" for index, kind in enumerate(kinds_of(operands)))


PROVIDER = Provider("usdt", places, listing, aliases=("U",), needs="uprobes", in_files=True)

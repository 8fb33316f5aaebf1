"""Probes -> places to attach: wildcards and aliases solved, one way in chosen for each place.

    kprobe:SyS_*  ->  Match(probe="kprobe:SyS_*", chosen=tp_btf/sys_enter, passed_over=())

Providers propose candidates, best first; the first one is taken that this host supports and that offers what the
clause uses. Why the others were passed over is kept, for `--emit probes`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..grammar.diagnostic import CompileError, Diagnostic, HostError, PlyError, UsageError
from ..grammar.frozen import dataclass, fields, is_dataclass
from ..grammar.render import suggest
from ..grammar.source import Span
from .access import Candidate, Match, Need
from .ast import Call, Clause, Constant, Index, IntLiteral, Member, ProbeSpec, Program, Variable
from .attachment import Attachment
from .foreign import SPELLED
from .host import Host
from .options import Options
from .provider_names import meant
from .registry import aggregations, functions, providers

_NEEDS: dict[Need, str] = {
    "arguments": "the arguments of a function",
    "result": "what a function returned",
    "function": "the probe's name",
    "stack": "a stack",
    "task": "the current process",
    "fields": "the fields of a record",
    "context": "what the kernel gave the program",
    "duration": "how long a call took",
    "registers": "a register",
}


@dataclass(frozen=True, slots=True)
class ResolvedClause:
    """A clause with the places where it will run."""

    clause: Clause
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """The clauses in script order, those whose probes are wrong without matches; `error` is what is wrong with them."""

    clauses: tuple[ResolvedClause, ...]
    error: CompileError | HostError | None = None


def resolve(program: Program, host: Host, options: Options) -> Resolution:
    """Choose how to attach.

    The error is a CompileError for probes that make no sense, else a HostError for what this machine cannot offer.
    """
    names = frozenset(it.name for it in program.declarations if isinstance(it, Constant))
    problems: list[PlyError] = []
    places: list[_Place] = []
    for number, clause in enumerate(program.clauses):
        needs = _needs(clause, names)
        for spec in clause.probes:
            with _noted(problems):
                places += [_Place(number, spec, each, needs) for each in _candidates(spec, host)]
    _check_way(options.via, places)
    together: dict[_Ways, _Needs] = {}
    for place in places:
        together[place.ways] = place.needs.also(together.get(place.ways, place.needs))
    matches: list[list[Match]] = [[] for _ in program.clauses]
    for place in places:
        with _noted(problems):
            matches[place.clause].append(_choose(place, together[place.ways], options))
    pairs = zip(program.clauses, matches, strict=True)
    return Resolution(tuple(ResolvedClause(clause, tuple(found)) for clause, found in pairs), _one(problems))


def _check_way(via: str, places: "Sequence[_Place]") -> None:
    """UsageError where `--via` names nothing that any probe of the script knows."""
    known = sorted({candidate.name for place in places for candidate in place.candidates})
    if via and known and via not in known:
        close = suggest(via, known)
        hint = f"did you mean `{close}`?" if close else f"the ways here are {', '.join(known)}"
        raise UsageError(Diagnostic("unknown-way", f"no probe of this script can be attached by `{via}`", help=hint))


_Ways = tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a clause needs of its probes: each with the first call that needs it; and the fields, as in `Candidate`."""

    calls: Mapping[Need, Call]
    parts: frozenset[str]

    def also(self, others: "_Needs") -> "_Needs":
        """What this clause and others need."""
        return _Needs({**self.calls, **others.calls}, self.parts | others.parts)

    def lacking(self, candidate: Candidate) -> str:
        """What a candidate does not offer of it, "" where it offers all."""
        needs = [need for need in self.calls if need not in candidate.offers]
        parts = sorted(self.parts - candidate.parts) if candidate.parts is not None else []
        return needs[0] if needs else f"`{parts[0]}`" if parts else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """One place of a probe, with the ways to attach there, and what its clause needs."""

    clause: int
    spec: ProbeSpec
    candidates: Sequence[Candidate]
    needs: _Needs

    @property
    def ways(self) -> _Ways:
        """What clauses at one place have in common: they are to be one program, which keeps them in order."""
        return tuple(candidate.attachment for candidate in self.candidates)


@contextmanager
def _noted(problems: list[PlyError]) -> Iterator[None]:
    """Errors are kept, so that those of all probes are told."""
    try:
        yield
    except (CompileError, HostError) as error:
        problems.append(error)


def _one(problems: Sequence[PlyError]) -> CompileError | HostError | None:
    """What is wrong with the program, or else with the machine."""
    wrong = [diagnostic for error in problems if isinstance(error, CompileError) for diagnostic in error.diagnostics]
    if wrong:
        return CompileError(*dict.fromkeys(wrong))
    lacking = [diagnostic for error in problems for diagnostic in error.diagnostics]
    return HostError(*dict.fromkeys(lacking)) if lacking else None


def _candidates(spec: ProbeSpec, host: Host) -> Iterable[Sequence[Candidate]]:
    known = providers()
    if spec.provider not in known:
        hint = meant(spec.provider, spec.target)
        raise CompileError(Diagnostic("unknown-provider", f"unknown provider `{spec.provider}`", spec.span, help=hint))
    return known[spec.provider].places(spec, host)


def _choose(place: _Place, together: _Needs, options: Options) -> Match:
    """The first way that serves all clauses at this place, else the first that serves this clause."""
    spec, candidates, needs = place.spec, place.candidates, place.needs
    found = _first(spec, candidates, together, options) or _first(spec, candidates, needs, options)
    if found is None:
        raise _refusal(spec, candidates, needs)
    return found


def _first(spec: ProbeSpec, candidates: Sequence[Candidate], needs: _Needs, options: Options) -> Match | None:
    passed: list[tuple[str, str]] = []
    for candidate in candidates:
        if options.via and options.via != candidate.name and any(c.name == options.via for c in candidates):
            passed.append((candidate.name, f"--via {options.via} was asked for"))
        elif candidate.missing:
            passed.append((candidate.name, candidate.missing.why))
        elif lacking := needs.lacking(candidate):
            passed.append((candidate.name, f"offers no {lacking}"))
        else:
            text = f"{spec.provider}:{spec.target}" if spec.target else spec.provider
            return Match(spec.span, text, spec.provider, candidate, tuple(passed))
    return None


def _refusal(spec: ProbeSpec, candidates: Sequence[Candidate], needs: _Needs) -> CompileError | HostError:
    """Nothing serves this probe: is the program at fault or the machine?"""
    text = f"{spec.provider}:{spec.target}" if spec.target else spec.provider
    for need, call in needs.calls.items():
        if not any(need in candidate.offers for candidate in candidates):
            return CompileError(
                Diagnostic(
                    "not-offered",
                    f"`{call.name}` is {_NEEDS[need]}, which `{text}` does not offer",
                    call.span,
                    help=_where(need, spec),
                )
            )
    reasons = [candidate.missing for candidate in candidates if candidate.missing]
    why = "; ".join(dict.fromkeys(reason.why for reason in reasons))
    remedy = next((reason.remedy for reason in reasons if reason.remedy), "")
    return HostError(
        Diagnostic("probe-not-possible", f"`{text}` is not possible on this machine: {why}", spec.span, help=remedy)
    )


_OF_PROGRAMS = frozenset({"uprobe", "u", "uretprobe", "ur", "usdt", "U"})


def _where(need: Need, spec: ProbeSpec) -> str:
    match need:
        case "duration":
            return "it is known at the return of a system call: `syscall:read:return`, `kretprobe:SyS_read`"
        case "result" if spec.provider in _OF_PROGRAMS:
            return "use `uretprobe:` for what a function returns"
        case "arguments" if spec.provider in _OF_PROGRAMS:
            return "arguments are known at a function's entry: use `uprobe:`"
        case "result" if spec.provider in ("syscall", "sc"):
            return "the return of a call is `syscall:NAME:return`"
        case "result":
            return "use `kretprobe:` for what a function returns"
        case "arguments" if spec.provider in ("tracepoint", "t", "trace"):
            return "a tracepoint has fields: `args.NAME`; `ply -l` shows them"
        case "arguments":
            return "arguments are known at a function's entry: use `kprobe:`"
        case _:
            return ""


def _needs(clause: Clause, constants: frozenset[str]) -> _Needs:
    """What the clause's builtins and fields need of its probes."""
    found: dict[Need, Call] = {}
    known = functions()
    own = constants | {node.name for node in nodes(clause) if isinstance(node, Variable)}
    for call in (node for node in nodes(clause) if isinstance(node, Call)):
        if call.bare and (call.name in own or call.name in FIELDS):
            if call.name not in own:
                found.setdefault("fields", call)
            continue
        if call.name in known:
            for need in known[call.name].needs:
                found.setdefault(need, call)
    return _Needs(found, _parts(clause))


def _parts(clause: Clause) -> frozenset[str]:
    """The probe's own fields that a clause names: `args.id` is `id`, `args.args[2]` is `args[2]`."""
    found: set[str] = set()
    items: set[int] = set()
    for node in nodes(clause):
        match node:
            case Index(operand=Member(operand=Call(name=own), name=name) as array, index=IntLiteral(value=index)):
                items.add(id(array))
                found.update({f"{name}[{index}]"} if own in FIELDS else ())
            case Member(operand=Call(name=own), name=name) if own in FIELDS and id(node) not in items:
                found.add(name)
    return frozenset(found)


FIELDS = frozenset({"args", "data"})
"""Names under which a probe's own fields are reached: bpftrace's and ply 2's."""


def unknown_function(call: Call, own: frozenset[str] = frozenset()) -> Diagnostic:
    """The error for a name that is nothing."""
    close = suggest(call.name, [*functions(), *aggregations(), *own])
    hint = f"did you mean `{close}`?" if close else "`ply --help functions` lists them"
    hint = SPELLED.get(call.name, hint)
    what = "name" if call.bare else "function"
    return Diagnostic("unknown-function", f"unknown {what} `{call.name}`", call.span, help=hint)


def nodes(root: object) -> Iterator[object]:
    """Every node of a tree of the script, the outer ones first, in the order in which they were written."""
    if isinstance(root, tuple):
        for item in root:
            yield from nodes(item)
    elif is_dataclass(root) and not isinstance(root, Span | ProbeSpec | type):
        yield root
        for field in fields(root):
            yield from nodes(getattr(root, field.name))

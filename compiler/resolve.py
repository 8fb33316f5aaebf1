"""Probes -> places to attach: wildcards and aliases solved, one way in chosen for each place.

    kprobe:SyS_*  ->  Match(probe="kprobe:SyS_*", chosen=tp_btf/sys_enter, passed_over=())

Providers propose candidates, best first; the first one is taken that this host supports and that offers what the
clause uses. Why the others were passed over is kept, for `--emit probes`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass

from ..grammar.diagnostic import CompileError, Diagnostic, HostError
from ..grammar.render import suggest
from ..grammar.source import Span
from .access import Candidate, Match, Need
from .ast import Call, Clause, Constant, ProbeSpec, Program, Variable
from .host import Host
from .options import Options
from .registry import aggregations, functions, providers

_NEEDS: dict[Need, str] = {
    "arguments": "the arguments of a function",
    "result": "what a function returned",
    "function": "the probe's name",
    "stack": "a stack",
    "task": "the current process",
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
    found: list[ResolvedClause] = []
    wrong: list[Diagnostic] = []
    lacking: list[Diagnostic] = []
    for clause in program.clauses:
        matches: list[Match] = []
        needs = _needs(clause, names)
        for spec in clause.probes:
            try:
                matches += _matches(spec, needs, host, options)
            except CompileError as error:
                wrong += error.diagnostics
            except HostError as error:
                lacking += error.diagnostics
        found.append(ResolvedClause(clause, tuple(matches)))
    if wrong:
        return Resolution(tuple(found), CompileError(*dict.fromkeys(wrong)))
    return Resolution(tuple(found), HostError(*dict.fromkeys(lacking)) if lacking else None)


def _matches(spec: ProbeSpec, needs: dict[Need, Call], host: Host, options: Options) -> Iterator[Match]:
    known = providers()
    if spec.provider not in known:
        close = suggest(spec.provider, known)
        names = ", ".join(sorted({provider.name for provider in known.values()}))
        hint = f"did you mean `{close}`?" if close else f"there are {names}"
        raise CompileError(Diagnostic("unknown-provider", f"unknown provider `{spec.provider}`", spec.span, help=hint))
    for candidates in known[spec.provider].places(spec, host):
        yield _choose(spec, candidates, needs, options)


def _choose(spec: ProbeSpec, candidates: Sequence[Candidate], needs: dict[Need, Call], options: Options) -> Match:
    passed: list[tuple[str, str]] = []
    for candidate in candidates:
        lacking = [need for need in needs if need not in candidate.access.offers]
        if options.via and options.via != candidate.name and any(c.name == options.via for c in candidates):
            passed.append((candidate.name, f"--via {options.via} was asked for"))
        elif candidate.missing:
            passed.append((candidate.name, candidate.missing.why))
        elif lacking:
            passed.append((candidate.name, f"offers no {lacking[0]}"))
        else:
            text = f"{spec.provider}:{spec.target}" if spec.target else spec.provider
            return Match(spec.span, text, spec.provider, candidate, tuple(passed))
    raise _refusal(spec, candidates, needs)


def _refusal(spec: ProbeSpec, candidates: Sequence[Candidate], needs: dict[Need, Call]) -> CompileError | HostError:
    """Nothing serves this probe: is the program at fault or the machine?"""
    text = f"{spec.provider}:{spec.target}" if spec.target else spec.provider
    for need, call in needs.items():
        if not any(need in candidate.access.offers for candidate in candidates):
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


def _where(need: Need, spec: ProbeSpec) -> str:
    match need:
        case "result":
            return "use `kretprobe:` for what a function returns"
        case "arguments" if spec.provider in ("tracepoint", "t", "trace"):
            return "a tracepoint has fields: `args.NAME`; `ply -l` shows them"
        case "arguments":
            return "arguments are known at a function's entry: use `kprobe:`"
        case _:
            return ""


def _needs(clause: Clause, constants: frozenset[str]) -> dict[Need, Call]:
    """What the clause's builtins need of its probes, with the first call that needs it."""
    found: dict[Need, Call] = {}
    known = functions()
    own = constants | {node.name for node in nodes(clause) if isinstance(node, Variable)}
    for call in (node for node in nodes(clause) if isinstance(node, Call)):
        if call.name in known and not (call.bare and call.name in own):
            for need in known[call.name].needs:
                found.setdefault(need, call)
    return found


def unknown_function(call: Call, own: frozenset[str] = frozenset()) -> Diagnostic:
    """The error for a name that is nothing."""
    close = suggest(call.name, [*functions(), *aggregations(), *own])
    hint = f"did you mean `{close}`?" if close else "`ply --help functions` lists them"
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

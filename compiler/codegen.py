"""Typed program -> BPF programs, through an `Emitter`: which programs there are, their clauses, control flow.

No function, provider or aggregation is named in here: they bring their own kernel halves. Clauses that attach to the
same place become one program, in script order, each behind the filter of its probe.
"""

from collections.abc import Callable, Sequence

from ..grammar.frozen import dataclass
from . import bpf, deferral, joining, stacks
from .artifact import ProbeEntry, ProgramEntry, StateLayout
from .attachment import Attachment
from .clauses import Flags, Member, program
from .emitter import ModuleEmitter
from .module import Module
from .options import Options
from .schema import LossPlace
from .thread_local import THREAD_LOCAL, forget_thread
from .typed import Branch, ForEach, Instance, Repeat, TypedProgram, TypedStatement, Update


@dataclass(frozen=True, slots=True)
class Generated:
    """What code generation adds to the module's text: which program goes where, and what the state words mean."""

    programs: tuple[ProgramEntry, ...]
    probes: tuple[ProbeEntry, ...]
    losses: tuple[LossPlace, ...]
    strings: tuple[str, ...]
    state: StateLayout
    stacks: bool
    waits: bool
    processes: bool


def generate(
    typed: TypedProgram, emit: ModuleEmitter, options: Options, cpus: int, line_of: Callable[[int], int]
) -> Generated:
    """Write all programs of a script into `emit`; `line_of` gives the line of an offset into the script,
    `cpus` is `Host.cpus`."""
    entries, flags = _probes(typed.instances)
    first_lost = StateLayout.FIRST_FREE + sum(1 + len(entry.siblings) for entry in entries)
    module = Module(emit, typed.maps, typed.events, first_lost, cpus)
    groups = _groups(typed.instances)
    module.shared = _shared_maps(groups)
    module.waits = any(member.late for members in groups.values() for member in members)
    programs: list[ProgramEntry] = []
    for attachment, members in groups.items():
        symbol = f"ply_program{len(programs)}"
        lines = tuple(dict.fromkeys(line_of(member.instance.match.span.start) for member in members))
        program(module, symbol, attachment, lines[0], members, flags, options)
        names = tuple(dict.fromkeys(member.instance.match.probe for member in members))
        programs.append(ProgramEntry(symbol, attachment, names, lines))
    own = [schema for schema in typed.maps if schema.name.startswith(THREAD_LOCAL)]
    joined = sorted({it.joined for members in groups.values() for it in members if it.joined is not None})
    if own or joined:
        programs.append(forget_thread(module, f"ply_program{len(programs)}", own, joined))
    if joined:
        settings = {"type": bpf.MAP_TYPES["hash"], "key_size": joining.KEY_SIZE, "value_size": 8}
        emit.define_map(joining.MAP, {**settings, "max_entries": joining.ENTRIES})
    state = StateLayout(StateLayout.FIRST_FREE, first_lost, first_lost + len(module.losses))
    _define(module, typed, options, len(programs), state)
    return Generated(
        tuple(programs),
        entries,
        tuple(module.losses),
        module.strings,
        state,
        module.stacks,
        module.waits,
        module.processes,
    )


def _groups(instances: Sequence[Instance]) -> dict[Attachment, list[Member]]:
    """What each attachment runs: its clauses in script order, and those of others that have waited for it."""
    groups: dict[Attachment, list[Member]] = {}
    for number, instance in enumerate(instances):
        wait = deferral.waiting(instance, number)
        entry = instance.match.chosen.entry if joining.joins(instance) else None
        if entry:
            start = Member(instance, None, late=False, joined=number, starts=True)
            groups.setdefault(entry[0], []).append(start)
        member = Member(instance, wait, late=False, joined=number if entry else None)
        groups.setdefault(instance.match.chosen.attachment, []).append(member)
        if wait:
            groups.setdefault(wait.attachment, []).append(Member(instance, wait, late=True))
    return groups


def _probes(instances: Sequence[Instance]) -> tuple[tuple[ProbeEntry, ...], dict[str, Flags]]:
    """A flag for every probe as written, and for each sibling to name if it stays silent."""
    entries: list[ProbeEntry] = []
    flags: dict[str, Flags] = {}
    count = 0
    for match in (instance.match for instance in instances):
        if match.probe in flags:
            continue
        siblings = tuple((count + 1 + place, sibling) for place, sibling in enumerate(match.chosen.siblings))
        flags[match.probe] = Flags(count, siblings)
        hints = tuple((place, sibling.probe, sibling.calls) for place, sibling in siblings)
        entries.append(ProbeEntry(match.probe, match.provider, count, hints))
        count += 1 + len(siblings)
    return tuple(entries), flags


def _shared_maps(groups: dict[Attachment, list[Member]]) -> frozenset[str]:
    """Maps that more than one program updates: one may interrupt another in the middle of an addition."""
    users: dict[str, set[Attachment]] = {}
    for attachment, members in groups.items():
        for member in (each for each in members if not each.starts):
            for name in _updated(member.instance.body):
                users.setdefault(name, set()).add(attachment)
    return frozenset(name for name, programs in users.items() if len(programs) > 1)


def _updated(body: Sequence[TypedStatement]) -> set[str]:
    found: set[str] = set()
    for statement in body:
        match statement:
            case Update(map=name):
                found.add(name)
            case Branch(then=then, otherwise=otherwise):
                found |= _updated(then) | _updated(otherwise)
            case Repeat(body=inner) | ForEach(body=inner):
                found |= _updated(inner)
    return found


def _define(module: Module, typed: TypedProgram, options: Options, programs: int, state: StateLayout) -> None:
    """The maps: the script's, the ring buffer, stacks and scratch memory where they are used."""
    emit = module.emit

    def define(symbol: str, kind: str, key: int, value: int, entries: int) -> None:
        sizes = {"key_size": key, "value_size": value} if key else {}
        emit.define_map(symbol, {"type": bpf.MAP_TYPES[kind], **sizes, "max_entries": entries})

    for schema in typed.maps:
        for symbol in (schema.symbol, schema.spare) if schema.spare else (schema.symbol,):
            define(symbol, schema.kind, schema.key_size, schema.value_size, schema.entries)
    if typed.events:
        define("ply_events", "ringbuf", 0, 0, options.ring_bytes)
    if module.stacks:
        define("ply_stacks", "hash", 8, stacks.SIZE, options.stack_entries)
    if module.waits:
        define(deferral.MAP, "hash", deferral.KEY_SIZE, 8, deferral.ENTRIES)
    if module.scratch:
        define("ply_scratch", "percpu_array", 4, module.scratch, programs)
    if module.zeros:
        emit.define_zeros(module.zeros)
    emit.define_state(state.words)

"""Typed program -> BPF programs, through an `Emitter`: which programs there are, their clauses, control flow.

No function, provider or aggregation is named in here: they bring their own kernel halves. Clauses that attach to the
same place become one program, in script order, each behind the filter of its probe.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import bpf, storing
from .access import Sibling
from .artifact import ProbeEntry, ProgramEntry, StateLayout
from .attachment import Attachment, Once, Timer
from .emitter import ModuleEmitter
from .lowering import Lower, Module
from .options import Options
from .schema import LossPlace
from .typed import Branch, Discard, Emit, Instance, Remove, TypedProgram, TypedStatement, Update, Write

STACK_DEPTH = 127
"""PERF_MAX_STACK_DEPTH, include/uapi/linux/perf_event.h."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What code generation adds to the module's text: which program goes where, and what the state words mean."""

    programs: tuple[ProgramEntry, ...]
    probes: tuple[ProbeEntry, ...]
    losses: tuple[LossPlace, ...]
    strings: tuple[str, ...]
    state: StateLayout
    stacks: bool


@dataclass(frozen=True, slots=True)
class _Flags:
    """The state words that say whether a probe and its siblings saw anything, counted from the first."""

    own: int
    siblings: tuple[tuple[int, Sibling], ...]


def generate(typed: TypedProgram, emit: ModuleEmitter, options: Options, line_of: Callable[[int], int]) -> Generated:
    """Write all programs of a script into `emit`; `line_of` gives the line of an offset into the script."""
    entries, flags = _probes(typed.instances)
    first_lost = StateLayout.FIRST_FREE + sum(1 + len(entry.siblings) for entry in entries)
    module = Module(emit, typed.maps, typed.events, first_lost)
    groups: dict[Attachment, list[Instance]] = {}
    for instance in typed.instances:
        groups.setdefault(instance.match.chosen.attachment, []).append(instance)
    module.shared = _shared_maps(groups)
    programs: list[ProgramEntry] = []
    for attachment, instances in groups.items():
        symbol = f"ply_program{len(programs)}"
        lines = tuple(dict.fromkeys(line_of(instance.match.span.start) for instance in instances))
        _program(module, symbol, attachment, lines[0], instances, flags, options)
        names = tuple(dict.fromkeys(instance.match.probe for instance in instances))
        programs.append(ProgramEntry(symbol, attachment, names, lines))
    state = StateLayout(StateLayout.FIRST_FREE, first_lost, first_lost + len(module.losses))
    _define(module, typed, options, len(programs), state)
    return Generated(tuple(programs), entries, tuple(module.losses), tuple(module.strings), state, module.stacks)


def _probes(instances: Sequence[Instance]) -> tuple[tuple[ProbeEntry, ...], dict[str, _Flags]]:
    """A flag for every probe as written, and for each sibling to name if it stays silent."""
    entries: list[ProbeEntry] = []
    flags: dict[str, _Flags] = {}
    count = 0
    for match in (instance.match for instance in instances):
        if match.probe in flags:
            continue
        siblings = tuple((count + 1 + place, sibling) for place, sibling in enumerate(match.chosen.siblings))
        flags[match.probe] = _Flags(count, siblings)
        hints = tuple((place, sibling.probe, sibling.calls) for place, sibling in siblings)
        entries.append(ProbeEntry(match.probe, match.provider, count, hints))
        count += 1 + len(siblings)
    return tuple(entries), flags


def _shared_maps(groups: dict[Attachment, list[Instance]]) -> frozenset[str]:
    """Maps that more than one program updates: one may interrupt another in the middle of an addition."""
    users: dict[str, set[Attachment]] = {}
    for attachment, instances in groups.items():
        for instance in instances:
            for name in _updated(instance.body):
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
    return found


def _define(module: Module, typed: TypedProgram, options: Options, programs: int, state: StateLayout) -> None:
    """The maps: the script's, the ring buffer, stacks and scratch memory where they are used."""
    emit = module.emit

    def define(symbol: str, kind: str, key: int, value: int, entries: int, flags: int = 0) -> None:
        sizes = {"key_size": key, "value_size": value} if key else {}
        settings = {"type": bpf.MAP_TYPES[kind], **sizes, "max_entries": entries}
        emit.define_map(symbol, settings | ({"map_flags": flags} if flags else {}))

    for schema in typed.maps:
        on_demand = schema.kind == "percpu_hash" and schema.value_size > storing.LARGE
        flags = bpf.F_NO_PREALLOC if on_demand else 0
        define(schema.symbol, schema.kind, schema.key_size, schema.value_size, schema.entries, flags)
    if typed.events:
        define("ply_events", "ringbuf", 0, 0, options.ring_bytes)
    if module.stacks:
        define("ply_stacks", "stack_trace", 4, 8 * STACK_DEPTH, options.stack_entries)
    if module.scratch:
        define("ply_scratch", "percpu_array", 4, module.scratch, programs)
    if module.zeros:
        emit.define_zeros(module.zeros)
    emit.define_state(state.words)


def _program(
    module: Module,
    symbol: str,
    attachment: Attachment,
    line: int,
    instances: Sequence[Instance],
    flags: dict[str, _Flags],
    options: Options,
) -> None:
    """All clauses of one attachment; of an event, nothing happens before the run starts or after it ends."""
    emit, lower = module.emit, Lower(module)
    asked = isinstance(attachment, Once | Timer)

    def clauses() -> None:
        for instance in instances:
            lower.access = instance.match.chosen.access
            _clause(lower, instance, flags[instance.match.probe], options.target and not asked)

    def body() -> None:
        if asked:
            clauses()
        else:
            emit.when(emit.load_now(emit.state(StateLayout.ARMED), 0), lambda: lower.scope(clauses))

    emit.program(symbol, attachment.section, line, body)


def _clause(lower: Lower, instance: Instance, flags: _Flags, only_target: bool) -> None:
    """The filter of the probe, the target, the predicate, then the body."""
    emit = lower.emit
    emit.at(instance.match.span)
    matches = lower.access.matches(lower)

    def run() -> None:
        emit.start_clause()
        _see(lower, flags.own)
        if only_target:
            emit.when(lower.is_target(), lambda: lower.scope(lambda: _predicate(lower, instance)))
        else:
            _predicate(lower, instance)

    def others() -> None:
        for place, sibling in flags.siblings:
            other = sibling.access.matches(lower)
            if other is not None:
                emit.when(other, lambda place=place: _see(lower, place))  # type: ignore[misc]

    if matches is None:
        lower.scope(run)
    else:
        emit.when(matches, lambda: lower.scope(run), lambda: lower.scope(others))


def _see(lower: Lower, flag: int) -> None:
    """Note that a probe saw an event; the page is written once, so CPUs do not fight for its cache line."""
    emit = lower.emit
    place = emit.state(StateLayout.FIRST_FREE + flag)
    unseen = emit.compare("eq", emit.load_now(place, 0), emit.constant(0))
    emit.when(unseen, lambda: emit.store(place, 0, emit.constant(1)))


def _predicate(lower: Lower, instance: Instance) -> None:
    predicate = instance.predicate
    if predicate is None:
        _block(lower, instance.body)
        return

    def test() -> None:
        lower.emit.when(lower.number(predicate), lambda: lower.scope(lambda: _block(lower, instance.body)))

    lower.emit.at(predicate.span)
    lower.statement("predicate", test)


def _block(lower: Lower, body: Sequence[TypedStatement]) -> None:
    for statement in body:
        lower.emit.at(statement.span)
        _statement(lower, statement)


def _statement(lower: Lower, statement: TypedStatement) -> None:
    match statement:
        case Update(map=name):
            lower.statement(name, lambda: storing.update(lower, statement))
        case Write(map=name):
            lower.statement(name, lambda: storing.write(lower, statement))
        case Remove(map=name):
            lower.statement(name, lambda: storing.remove(lower, statement))
        case Emit(label=label):
            lower.statement(label, lambda: storing.event(lower, statement))
        case Discard(value=value):
            lower.statement("expression", lambda: lower.discard(value))
        case Branch():
            lower.statement("condition", lambda: _branch(lower, statement))


def _branch(lower: Lower, branch: Branch) -> None:
    test = lower.number(branch.condition)
    lower.emit.when(
        test,
        lambda: lower.scope(lambda: _block(lower, branch.then)),
        lambda: lower.scope(lambda: _block(lower, branch.otherwise)),
    )

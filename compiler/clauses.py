"""One program: the clauses of one attachment in script order, each behind its filter, and their control flow.

armed? -> one of my calls? -> note that it was seen -> the target? -> strings there? -> predicate -> statements
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..grammar.frozen import dataclass
from . import deferral, joining, storing
from .access import Sibling
from .artifact import StateLayout
from .attachment import Attachment, Once, Signal, Timer
from .emitter import Entry, Pointer, Region, Scalar
from .looping import variable
from .lowering import Lower
from .module import Module
from .options import Options
from .resolve import nodes
from .typed import (
    Branch,
    Discard,
    Emit,
    ForEach,
    Instance,
    Leave,
    Remove,
    Repeat,
    SetLocal,
    TypedStatement,
    Update,
    Write,
)
from .types import slot_size


@dataclass(frozen=True, slots=True)
class Flags:
    """The state words that say whether a probe and its siblings saw anything, counted from the first."""

    own: int
    siblings: tuple[tuple[int, Sibling], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A clause in a program: `late` where it runs only if it could not run in its own place.

    `joined` is the number of a clause that asks for its call's duration, and `starts` says that here is the entry.
    """

    instance: Instance
    wait: deferral.Waiting | None
    late: bool
    joined: int | None = None
    starts: bool = False


def program(
    module: Module,
    symbol: str,
    attachment: Attachment,
    line: int,
    members: Sequence[Member],
    flags: dict[str, Flags],
    options: Options,
) -> None:
    """All clauses of one attachment; of an event, nothing happens before the run starts or after it ends."""
    emit, lower = module.emit, Lower(module)
    asked = isinstance(attachment, Once | Timer | Signal)

    def clauses() -> None:
        for member in members:
            _clause(lower, member, flags[member.instance.match.probe], options.target and not asked)

    def body() -> None:
        if asked:
            clauses()
        else:
            emit.when(emit.load_now(emit.state(StateLayout.ARMED), 0), lambda: lower.scope(clauses))

    emit.program(symbol, attachment.section, line, body)


def _clause(lower: Lower, member: Member, flags: Flags, only_target: bool) -> None:
    """The filter of the probe, the target, then the rest, if it need not wait."""
    emit, instance, wait = lower.emit, member.instance, member.wait
    emit.at(instance.match.span)
    if member.late:
        assert wait is not None
        lower.access = wait.access
        emit.start_clause()
        deferral.at_return(lower, wait, lambda: _predicate(lower, instance))
        return
    lower.access = instance.match.chosen.access
    if member.starts:
        assert instance.match.chosen.entry is not None
        lower.access = instance.match.chosen.entry[1]
    matches = lower.access.matches(lower)

    def rest() -> None:
        if member.starts:
            assert member.joined is not None
            joining.at_entry(lower, member.joined)
        elif member.joined is not None:
            joining.at_return(lower, member.joined, lambda: _predicate(lower, instance))
        elif wait:
            deferral.at_entry(lower, instance, wait, lambda: _predicate(lower, instance))
        else:
            _predicate(lower, instance)

    def run() -> None:
        emit.start_clause()
        if not member.starts:
            _see(lower, flags.own)
        if only_target:
            emit.when(lower.is_target(), lambda: lower.scope(rest))
        else:
            rest()

    if matches is None:
        lower.scope(run)
    else:
        emit.when(matches, lambda: lower.scope(run), lambda: lower.scope(lambda: _see_siblings(lower, flags)))


def _see_siblings(lower: Lower, flags: Flags) -> None:
    """Note what happened instead, for probes that may stay silent."""
    for place, sibling in flags.siblings:
        matches = sibling.access.matches(lower)
        if matches is not None:
            lower.emit.when(matches, partial(_see, lower, place))


def _see(lower: Lower, flag: int) -> None:
    """Note that a probe saw an event; the page is written once, so CPUs do not fight for its cache line."""
    emit = lower.emit
    place = emit.state(StateLayout.FIRST_FREE + flag)
    unseen = emit.compare("eq", emit.load_now(place, 0), emit.constant(0))
    emit.when(unseen, lambda: emit.store(place, 0, emit.constant(1)))


def _predicate(lower: Lower, instance: Instance) -> None:
    """The predicate, and behind it the body with its local variables."""
    predicate = instance.predicate

    def body() -> None:
        lower.declare(instance.locals, any(isinstance(node, ForEach) for node in nodes(instance.body)))
        lower.emit.region(lambda end: _block(lower, instance.body, {"return": lambda: lower.emit.leave(end)}))

    def test() -> None:
        assert predicate is not None
        lower.emit.when(lower.number(predicate), lambda: lower.scope(body))

    if predicate is None:
        body()
        return
    lower.emit.at(predicate.span)
    lower.statement("predicate", test)


Exits = Mapping[str, Callable[[], None]]
"""Code for `break`, `continue` and `return`."""


def _block(lower: Lower, body: Sequence[TypedStatement], exits: Exits) -> None:
    for statement in body:
        lower.emit.at(statement.span)
        _statement(lower, statement, exits)


def _statement(lower: Lower, statement: TypedStatement, exits: Exits) -> None:
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
            lower.statement("condition", lambda: _branch(lower, statement, exits))
        case SetLocal(name=name, value=value):
            lower.statement(name, lambda: lower.value(value, slot_size(lower.types[name]), lower.locals[name]))
        case Repeat():
            _repeat(lower, statement, exits)
        case ForEach():
            _for_each(lower, statement, exits)
        case Leave(kind=kind):
            exits[kind]()


def _branch(lower: Lower, branch: Branch, exits: Exits) -> None:
    test = lower.number(branch.condition)
    lower.emit.when(
        test,
        lambda: lower.scope(lambda: _block(lower, branch.then, exits)),
        lambda: lower.scope(lambda: _block(lower, branch.otherwise, exits)),
    )


def _repeat(lower: Lower, repeat: Repeat, exits: Exits) -> None:
    """A loop, or for `unroll` its body again and again."""
    emit = lower.emit

    def once(out: Region) -> None:
        def body(after: Region) -> None:
            inner = {**exits, "break": lambda: emit.leave(out), "continue": lambda: emit.leave(after)}
            lower.scope(lambda: _block(lower, repeat.body, inner))

        emit.region(body)
        _block(lower, repeat.advance, exits)

    def unrolled(out: Region) -> None:
        for _ in range(repeat.bound):
            once(out)

    if repeat.unrolled:
        emit.region(unrolled)
    else:
        emit.region(lambda out: _loop(lower, repeat, out, once))


def _loop(lower: Lower, repeat: Repeat, out: Region, once: Callable[[Region], None]) -> None:
    """Round and round; a counter of its own shows the verifier that it ends."""
    emit = lower.emit
    counter = emit.stack(8)  # never in scratch memory, whose content the verifier does not follow
    emit.store(counter, 0, emit.constant(0))

    def too_long() -> None:
        problem = f"a loop went round more than {repeat.bound} times"
        lower.lose("loop too long", problem, "loops", "they were left at that point")
        emit.leave(out)

    def test() -> None:
        assert repeat.condition is not None
        holds = lower.number(repeat.condition)
        emit.when(emit.compare("eq", holds, emit.constant(0)), lambda: emit.leave(out))

    def round_() -> None:
        lower.statement("loop", test)
        rounds = emit.load(counter, 0)
        emit.when(emit.compare("uge", rounds, emit.constant(repeat.bound)), too_long)
        emit.store(counter, 0, emit.arithmetic("add", rounds, emit.constant(1)))
        once(out)

    emit.loop(lambda: lower.scope(round_))


def _for_each(lower: Lower, loop: ForEach, exits: Exits) -> None:
    """A loop over a map: its body is a function, which says by its value whether to go on, and leaves word why not."""
    emit, schema = lower.emit, lower.schema(loop.map)
    returned = variable(emit)
    names = list(lower.locals)

    def body(entry: Entry) -> Scalar:
        lower.locals = dict(zip(names, entry.shared[1:], strict=True))
        stop = variable(emit)

        def leave(after: Region, *flags: Pointer) -> None:
            for flag in flags:
                emit.store(flag, 0, emit.constant(1))
            emit.leave(after)

        def once(after: Region) -> None:
            inner = {
                "continue": lambda: leave(after),
                "break": lambda: leave(after, stop),
                "return": lambda: leave(after, stop, entry.shared[0]),
            }
            lower.copy(entry.key, lower.locals[loop.key], schema.key_size)
            if loop.value and schema.aggregation:
                value = lower.gathered(schema, lower.locals[loop.key])
                emit.store(lower.locals[loop.value], 0, value)
            elif loop.value:
                lower.copy(entry.value, lower.locals[loop.value], schema.value_size)
            _block(lower, loop.body, inner)

        emit.region(once)
        return emit.load(stop, 0)

    outer = lower.locals
    with lower.elsewhere():
        emit.for_each(schema.symbol, (returned, *outer.values()), body)
    lower.locals = outer
    emit.when(emit.load(returned, 0), exits["return"])

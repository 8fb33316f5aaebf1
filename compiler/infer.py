"""Types for everything: one solution for all maps of the script, both dialects' sugar gone.

    @[pid] = count()   ->   Update("@", (Apply("pid"): u32,), "count", ())

The script is gone through until nothing new is learnt about any map, then once more for its typed form.
"""

from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.source import Source, Span
from .access import Match
from .ast import Assign, Call, Clause, Delete, Evaluate, Expression, If, MapRef, Statement
from .bpf import STACK_BYTES
from .effects import Effect, Exit
from .infer_expression import Expressions, Wrong
from .map_table import Disagreement, MapTable, Use
from .options import Options
from .registry import aggregations, functions
from .resolve import ResolvedClause
from .schema import EVENT_HEADER, EventSchema, Field
from .typed import (
    Branch,
    Discard,
    Emit,
    Instance,
    Remove,
    TypedExpression,
    TypedProgram,
    TypedStatement,
    Update,
    Write,
)
from .types import VOID, Int, Str, Type, slot_size, storage

_PASSES = 20
LARGEST_EVENT = 32768


def infer(source: Source, clauses: Sequence[ResolvedClause], options: Options) -> TypedProgram:
    """The typed program; CompileError with every error that was found."""
    table = MapTable()
    for _ in range(_PASSES):
        before = dict(table.uses)
        inference = _Inference(source, table, options)
        instances = [inference.instance(clause.clause, match) for clause in clauses for match in clause.matches]
        if inference.wrong or table.uses == before:
            break
    wrong = list(dict.fromkeys(inference.wrong)) or _unfinished(table) or _oversized(table, options)
    if wrong:
        raise CompileError(*wrong, source=source)
    return TypedProgram(tuple(instances), table.schemas(options.map_entries), tuple(inference.events))


def _unfinished(table: MapTable) -> list[Diagnostic]:
    """Maps that are read or printed, but nowhere written."""
    return [
        Diagnostic(
            "map-never-written", f"map {name} is never given a value", use.span, help=f"as in `{name} = count()`"
        )
        for name, use in table.uses.items()
        if use.value is None
    ]


def _oversized(table: MapTable, options: Options) -> list[Diagnostic]:
    found = []
    for schema in table.schemas(options.map_entries):
        if schema.key_size > STACK_BYTES:
            message = f"the key of map {schema.name} has {schema.key_size} bytes, and the kernel allows {STACK_BYTES}"
            help = "use fewer keys, or shorter strings: `str(p, 32)`"
            found.append(Diagnostic("key-too-long", message, table.uses[schema.name].span, help=help))
    return found


class _Inference:
    """One pass over the script."""

    def __init__(self, source: Source, table: MapTable, options: Options) -> None:
        self.source, self.table, self.options = source, table, options
        self.events: list[EventSchema] = []
        self.wrong: list[Diagnostic] = []
        self._numbers: dict[tuple[Effect, tuple[Field, ...]], int] = {}

    def instance(self, clause: Clause, match: Match) -> Instance:
        """A clause, for one of its probes."""
        self.typing = Expressions(self.source, self.table, self.options, match.chosen.access.space)
        predicate = None
        if clause.predicate is not None:
            try:
                predicate = self.typing.integer(clause.predicate, "a predicate")
            except Wrong as wrong:
                self.wrong.append(wrong.diagnostic)
        return Instance(clause.span, match, predicate, self._block(clause.body))

    def _block(self, statements: Sequence[Statement]) -> tuple[TypedStatement, ...]:
        found = []
        for statement in statements:
            try:
                found.append(self._statement(statement))
            except Wrong as wrong:
                self.wrong.append(wrong.diagnostic)
            except Disagreement as disagreement:
                self.wrong.append(disagreement.diagnostic)
        return tuple(found)

    def _statement(self, statement: Statement) -> TypedStatement:
        match statement:
            case Evaluate(span=span, expression=Call() as call) if call.name in functions():
                return self._call(span, call)
            case Evaluate(span=span, expression=expression):
                self.typing.expression(expression)
                help = "as a condition it goes into `/ ... /` before the block, or into `if (...)`"
                raise Wrong("no-effect", "the value of this expression is not used for anything", span, help)
            case Assign(span=span, target=target, value=Call() as call) if call.name in aggregations():
                return self._update(span, target, call)
            case Assign(span=span, target=target, value=value):
                return self._write(span, target, value)
            case Delete(span=span, target=target):
                keys = self.typing.keys(target)
                if keys or target.name not in self.table.uses or not self.table.uses[target.name].keys:
                    self.table.add(target.name, Use(target.span, self._types(keys), self.typing.labels(target.keys)))
                return Remove(span, target.name, keys)
            case If(span=span, condition=condition, then=then, otherwise=otherwise):
                test = self.typing.integer(condition, "a condition")
                return Branch(span, test, self._block(then), self._block(otherwise))

    def _call(self, span: Span, call: Call) -> TypedStatement:
        action = self.typing.action(call)
        if action is None:
            value = self.typing.expression(call)
            if value.type != VOID:
                help = f"print it, `print({self.source.cut(call.span)})`, or count it, `@[...].count()`"
                raise Wrong("no-effect", f"the value of `{call.name}` is not used for anything", span, help)
            return Discard(span, value)
        fields, offset = [], EVENT_HEADER
        labels = self.typing.labels(call.arguments[-len(action.values) :]) if action.values else ()
        for label, value in zip(labels, action.values, strict=True):
            fields.append(Field(label, value.type, offset))
            offset += slot_size(value.type)
        if offset > LARGEST_EVENT:
            raise Wrong("event-too-large", f"this event has {offset} bytes, {LARGEST_EVENT} at most", span, "")
        number = self._event(action.effect, tuple(fields), offset)
        return Emit(span, call.name, number, action.values, isinstance(action.effect, Exit))

    def _event(self, effect: Effect, fields: tuple[Field, ...], size: int) -> int:
        number = self._numbers.setdefault((effect, fields), len(self.events))
        if number == len(self.events):
            self.events.append(EventSchema(number, effect, fields, size))
        return number

    def _types(self, keys: Sequence[TypedExpression]) -> tuple[Type, ...]:
        return tuple(key.type for key in keys)

    def _update(self, span: Span, target: MapRef, call: Call) -> TypedStatement:
        entry = aggregations()[call.name]
        keys = self.typing.keys(target)
        value, parameters = self.typing.aggregated(call, entry)
        kind = storage(value.type) if value else Int(64, signed=False)
        assert isinstance(kind, Int)
        use = Use(
            target.span,
            self._types(keys),
            self.typing.labels(target.keys),
            kind,
            entry.name,
            parameters,
            entry.words(kind, parameters),
        )
        self.table.add(target.name, use)
        return Update(span, target.name, keys, entry.name, parameters, value)

    def _write(self, span: Span, target: MapRef, value: Expression) -> TypedStatement:
        keys = self.typing.keys(target)
        typed = self.typing.expression(value)
        if typed.type == VOID or not isinstance(storage(typed.type), Int | Str):
            raise Wrong("no-value", "this has no value that a map could hold", value.span, "")
        self.table.add(target.name, Use(target.span, self._types(keys), self.typing.labels(target.keys), typed.type))
        return Write(span, target.name, keys, typed)

"""Types of statements: updates, assignments, events, conditions and loops.

@n[k] += 2   ->   Discard(Modify("@n", (k,), "+", 2))          x = 1   ->   SetLocal("x", 1)
"""

from collections.abc import Sequence

from ..grammar.diagnostic import Diagnostic
from ..grammar.frozen import replace
from ..grammar.source import Span
from .ast import (
    Assign,
    Call,
    Delete,
    Evaluate,
    Expression,
    ForMap,
    ForRange,
    If,
    Jump,
    Let,
    MapRef,
    Member,
    Statement,
    Step,
    Unroll,
    Variable,
    While,
)
from .effects import ClearMap, Effect, Exit
from .fold import fold
from .infer_expression import Expressions
from .map_table import Use
from .refusal import Refusal, Wrong
from .registry import aggregations, functions
from .schema import EVENT_HEADER, EventSchema, Field
from .typed import (
    Branch,
    Constant,
    Convert,
    Discard,
    Emit,
    ForEach,
    Leave,
    Local,
    Operation,
    Remove,
    Repeat,
    SetLocal,
    StepLocal,
    TypedExpression,
    TypedStatement,
    Update,
    Write,
)
from .types import BOOL, S64, VOID, Bytes, Int, Pointer, Str, Tuple, Type, describe, settled, slot_size, storage

LARGEST_EVENT = 32768
ROUNDS = 1024
"""How often a `while` or a `for` whose length is not known beforehand goes round at most."""
MOST_ROUNDS = 8192
MOST_COPIES = 256
DEEPEST_LOOP = 12


class Events:
    """The events of a script; the same effect with the same fields is the same event."""

    def __init__(self) -> None:
        self.schemas: list[EventSchema] = []
        self._numbers: dict[tuple[Effect, tuple[Field, ...]], int] = {}

    def number(self, effect: Effect, fields: tuple[Field, ...], size: int) -> int:
        """The number of such an event."""
        number = self._numbers.setdefault((effect, fields), len(self.schemas))
        if number == len(self.schemas):
            self.schemas.append(EventSchema(number, effect, fields, size))
        return number


class Statements:
    """Types the statements of one clause; what is wrong with one of them does not hide the others' faults."""

    def __init__(self, typing: Expressions, events: Events, wrong: list[Diagnostic]) -> None:
        self.typing, self.events, self.wrong = typing, events, wrong
        self._loops = 0

    def constant(self, expression: Expression) -> Constant | None:
        """The value of an expression that is known beforehand."""
        return fold(self.typing.expression(expression))

    def block(self, statements: Sequence[Statement]) -> tuple[TypedStatement, ...]:
        """The typed statements of a block."""
        found: list[TypedStatement] = []
        with self.typing.variables.block():
            for statement in statements:
                try:
                    found += self._statement(statement)
                except Refusal as refusal:
                    self.wrong += refusal.diagnostics
        return tuple(found)

    def _statement(self, statement: Statement) -> Sequence[TypedStatement]:
        match statement:
            case Evaluate(span=span, expression=expression):
                return [self._evaluate(span, expression)]
            case Assign():
                return [self._assign(statement)]
            case Delete(span=span, target=target):
                return [self._delete(span, target)]
            case If(span=span, condition=condition, then=then, otherwise=otherwise):
                test = self.typing.integer(condition, "a condition")
                return [Branch(span, test, self.block(then), self.block(otherwise))]
            case Let():
                try:
                    return self._let(statement)
                except Refusal:
                    self.typing.variables.give_up(statement.variable.name, here=True)
                    raise
            case Unroll(span=span, count=count, body=body):
                return [self._unroll(span, count, body)]
            case While(span=span, condition=condition, body=body):
                test = self.typing.integer(condition, "a condition")
                return [Repeat(span, test, ROUNDS, self._loop_body(body))]
            case ForRange():
                return self._for_range(statement)
            case ForMap():
                return [self._for_map(statement)]
            case Jump(span=span, kind=kind):
                if kind != "return" and not self._loops:
                    raise Wrong("no-loop", f"`{kind}` is only for loops", span, "`return` leaves the clause")
                return [Leave(span, kind)]

    # Calls and values

    def _evaluate(self, span: Span, expression: Expression) -> TypedStatement:
        match expression:
            case Step():
                return Discard(span, self.typing.expression(expression))
            case Call() if not (expression.bare and self.typing.variables.find(expression.name)):
                if expression.name in functions():
                    return self._call(span, expression)
        self.typing.expression(expression)
        help = "as a condition it goes into `/ ... /` before the block, or into `if (...)`"
        raise Wrong("no-effect", "the value of this expression is not used for anything", span, help)

    def _call(self, span: Span, call: Call) -> TypedStatement:
        action = self.typing.action(call)
        if action is None:
            value = self.typing.expression(call)
            if value.type != VOID:
                text = self.typing.source.cut(call.span)
                help = f"print it, `print({text})`, or count it, `@[...].count()`"
                raise Wrong("no-effect", f"the value of `{call.name}` is not used for anything", span, help)
            return Discard(span, value)
        fields, offset = [], EVENT_HEADER
        labels = self.typing.labels(call.arguments[-len(action.values) :]) if action.values else ()
        for label, value in zip(labels, action.values, strict=True):
            fields.append(Field(label, settled(value.type), offset))
            offset += slot_size(value.type)
        if offset > LARGEST_EVENT:
            raise Wrong("event-too-large", f"this event has {offset} bytes, {LARGEST_EVENT} at most", span)
        number = self.events.number(action.effect, tuple(fields), offset)
        return Emit(span, call.name, number, action.values, isinstance(action.effect, Exit))

    # Maps

    def _types(self, keys: Sequence[TypedExpression]) -> tuple[Type, ...]:
        return tuple(settled(key.type) for key in keys)

    def _use(self, target: MapRef, keys: Sequence[TypedExpression]) -> Use:
        return Use(target.span, self._types(keys), self.typing.labels(target.keys))

    def _delete(self, span: Span, given: MapRef | Member) -> TypedStatement:
        target = self.typing.thread_local(given) or given
        assert isinstance(target, MapRef)
        keys = self.typing.keys(target)
        known = self.typing.table.uses.get(target.name)
        if known is not None and known.aggregation and not keys and not known.keys:
            # Every CPU has a part of it, and a program reaches only its own: user space empties it.
            return Emit(span, "delete", self.events.number(ClearMap(target.name), (), EVENT_HEADER), (), False)
        if keys or known is None or not known.keys:
            self.typing.table.add(target.name, self._use(target, keys))
            return Remove(span, target.name, keys)
        help = f"`clear({target.name})` empties it"
        raise Wrong("delete-without-key", f"{target.name} has keys, and this names none", span, help)

    def _assign(self, assign: Assign) -> TypedStatement:
        span, target, value = assign.span, assign.target, assign.value
        if isinstance(target, Variable):
            try:
                return self._set_local(span, target, self._assigned(assign, target))
            except Refusal:
                self.typing.variables.give_up(target.name, here=False)
                raise
        entry = self.typing.thread_local(target) or target
        if not isinstance(entry, MapRef):
            raise Wrong("not-assignable", "this cannot be assigned", target.span, "assign maps, variables, `self->x`")
        if assign.operator != "=":
            typed = self.typing.integer(value, "what is combined")
            modified = self.typing.modify(value, entry, assign.operator.removesuffix("="), typed, gives_old=False)
            return Discard(span, modified)
        if isinstance(value, Call) and value.name in aggregations() and not self._is_function(value):
            return self._update(span, entry, value)
        return self._write(span, entry, value)

    def _is_function(self, call: Call) -> bool:
        """Whether a name that both are called by means the function: `max(a, b)` against `max(x)`."""
        known = functions().get(call.name)
        if known is None:
            return False
        aggregated = aggregations()[call.name]
        return len(call.arguments) != int(aggregated.takes_value) and len(call.arguments) == len(known.parameters)

    def _update(self, span: Span, target: MapRef, call: Call) -> TypedStatement:
        entry = aggregations()[call.name]
        keys = self.typing.keys(target)
        value, parameters = self.typing.aggregated(call, entry)
        kind = storage(value.type) if value else Int(64, signed=False)
        assert isinstance(kind, Int)
        words = entry.words(kind, parameters)
        use = Use(target.span, self._types(keys), self.typing.labels(target.keys), kind, entry.name, parameters, words)
        self.typing.table.add(target.name, use)
        return Update(span, target.name, keys, entry.name, parameters, value)

    def _write(self, span: Span, target: MapRef, value: Expression) -> TypedStatement:
        keys = self.typing.keys(target)
        typed = self.typing.expression(value)
        kind = settled(typed.type)
        if not isinstance(storage(kind), Int | Str | Bytes | Tuple):
            raise Wrong("no-value", "this has no value that a map could hold", value.span)
        names = self.typing.labels(target.keys)
        self.typing.table.add(target.name, Use(target.span, self._types(keys), names, kind))
        return Write(span, target.name, keys, typed)

    # Local variables

    def _assigned(self, assign: Assign, variable: Variable) -> TypedExpression:
        """What a variable becomes: of `x += 1`, the sum."""
        value = self.typing.expression(assign.value)
        if assign.operator == "=":
            return value
        old = self._local(variable)
        if not isinstance(storage(value.type), Int) or not isinstance(storage(old.type), Int):
            raise Wrong("wrong-operand", f"`{assign.operator}` needs numbers", assign.span)
        return self.typing.combine(assign.value, assign.operator.removesuffix("="), old, value)

    def _local(self, variable: Variable) -> Local:
        unique = self.typing.variables.find(variable.name)
        if unique is None:
            help = "give it a value first: `x = 0;`"
            raise Wrong("unknown-variable", f"there is no variable `{variable.name}`", variable.span, help)
        return Local(variable.span, self.typing.variables.types.get(unique, S64), unique)

    def _set_local(self, span: Span, variable: Variable, value: TypedExpression) -> TypedStatement:
        variables = self.typing.variables
        unique = variables.find(variable.name)
        if unique is None:
            if variable.name in functions():
                help = f"`{variable.name}` is a function; choose another name"
                raise Wrong("name-taken", f"`{variable.name}` cannot be a variable", variable.span, help)
            unique = variables.declare(variable.name, here=False)
        kind = value.type
        if not isinstance(kind, Tuple) and not isinstance(storage(kind), Int | Str | Bytes):
            raise Wrong("no-value", "this has no value that a variable could hold", value.span)
        if isinstance(kind, Int) and kind.bits < 64:
            kind = Int(64, True, kind.unit, kind.space)
        variables.assign(unique, kind, span)
        return SetLocal(span, unique, value)

    def _let(self, let: Let) -> Sequence[TypedStatement]:
        declared = self.typing.type_of(let.type) if let.type else None
        value = self.typing.expression(let.value) if let.value is not None else None
        if declared is not None and not isinstance(declared, Int | Pointer):
            raise Wrong("wrong-variable-type", f"a variable cannot hold {describe(declared)}", let.span)
        if isinstance(declared, Int) and value is not None and isinstance(value.type, Int):
            declared = replace(declared, unit=value.type.unit)  # how it is stored says nothing about what it measures
        if declared is not None:
            if value is not None and not isinstance(storage(value.type), Int):
                message = f"a variable of type {describe(declared)} cannot hold {describe(value.type)}"
                raise Wrong("number-expected", message, value.span)
            value = Convert(let.span, declared, value or Constant(let.span, S64, 0))
        unique = self.typing.variables.declare(let.variable.name, here=True)
        if value is None:
            self.typing.variables.leave_open(unique)
            return [SetLocal(let.span, unique, Constant(let.span, S64, 0))]
        self.typing.variables.assign(unique, declared or value.type, let.span)
        return [SetLocal(let.span, unique, value)]

    # Loops

    def _loop_body(self, body: Sequence[Statement]) -> tuple[TypedStatement, ...]:
        self._loops += 1
        if self._loops > DEEPEST_LOOP:
            message = f"loops are nested more than {DEEPEST_LOOP} deep"
            raise Wrong("nested-too-deeply", message, body[0].span if body else Span(0, 0), "split the clause")
        typed = self.block(body)
        self._loops -= 1
        return typed

    def _unroll(self, span: Span, count: Expression, body: Sequence[Statement]) -> TypedStatement:
        copies = self.constant(count)
        if copies is None or not 0 <= copies.value <= MOST_COPIES:
            message = f"how often to unroll is a number from 0 to {MOST_COPIES} that is known beforehand"
            raise Wrong("wrong-count", message, count.span, "`while` and `for` go round otherwise")
        return Repeat(span, None, copies.value, self._loop_body(body), unrolled=True)

    def _for_range(self, loop: ForRange) -> Sequence[TypedStatement]:
        span = loop.span
        low = self.typing.integer(loop.low, "the start of a range")
        high = self.typing.integer(loop.high, "the end of a range")
        first, last = fold(low), fold(high)
        bound = ROUNDS
        if first is not None and last is not None:
            bound = max(0, last.value - first.value)
            if bound > MOST_ROUNDS:
                raise Wrong("too-many-rounds", f"this goes round {bound} times, {MOST_ROUNDS} at most", span)
        with self.typing.variables.block():
            unique = self.typing.variables.declare(loop.variable.name, here=True)
            end = self.typing.variables.declare(f"{loop.variable.name} end", here=True)
            self.typing.variables.assign(unique, S64, span)
            self.typing.variables.assign(end, S64, span)
            test = Operation(span, BOOL, "<", Local(span, S64, unique), Local(span, S64, end), True)
            step = Discard(span, StepLocal(span, S64, unique, 1, gives_old=False))
            repeat = Repeat(span, test, bound, self._loop_body(loop.body), (step,))
        return [SetLocal(span, unique, low), SetLocal(span, end, high), repeat]

    def _for_map(self, loop: ForMap) -> TypedStatement:
        span, table, name = loop.span, self.typing.table, loop.map.name
        table.add(name, Use(loop.map.span))
        use = table.uses[name]
        if use.keys == ():
            raise Wrong("no-keys", f"map {name} has one value, and no keys to go through", loop.map.span)
        if use.keys is None:
            self.typing.table.unknown(name)
        keys = use.keys or (S64,)
        with self.typing.variables.block():
            key = self._looped(loop.key, keys[0] if len(keys) == 1 else Tuple(keys))
            value = ""
            if loop.value:
                value = self._looped(loop.value, self.typing.value_of(name, loop.value.span))
            return ForEach(span, name, key, value, self._loop_body(loop.body))

    def _looped(self, variable: Variable, kind: Type) -> str:
        """The unique name of a variable that a loop sets."""
        unique = self.typing.variables.declare(variable.name, here=True)
        self.typing.variables.assign(unique, kind, variable.span)
        return unique

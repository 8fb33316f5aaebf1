"""Types of expressions: literals, names, operators.

Arithmetic is C's on a machine whose `int` has 64 bits: what is narrower becomes signed 64 bits first, and signed
meets unsigned as unsigned.
"""

from ..grammar.source import Span
from .ast import (
    Binary,
    Call,
    Cast,
    Expression,
    Index,
    IntLiteral,
    MapRef,
    Member,
    OffsetOf,
    Parameter,
    SizeOf,
    Step,
    StringLiteral,
    Ternary,
    TupleLiteral,
    Unary,
    Variable,
)
from .infer_calls import Calls
from .infer_memory import Memory
from .map_table import Use, unify
from .refusal import Wrong
from .registry import aggregations
from .typed import (
    Choice,
    Compare,
    Constant,
    Local,
    Modify,
    Operation,
    Read,
    StepLocal,
    Target,
    Text,
    Together,
    TypedExpression,
)
from .types import BOOL, S64, U64, Int, Pointer, Shown, Space, Str, Tuple, Type, Unit, describe, settled, storage

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGIC = frozenset({"&&", "||", "^^"})


class Expressions(Calls, Memory):
    """Types the expressions of one clause."""

    def expression(self, expression: Expression) -> TypedExpression:
        """The typed form; raises Wrong."""
        match expression:
            case IntLiteral(span=span, value=value, unit=unit):
                return Constant(span, Int(64, value < 1 << 63, unit), value)
            case StringLiteral(span=span, value=text):
                return Text(span, Str(len(text) + 1), text)
            case Parameter():
                return self._parameter(expression)
            case Call():
                return self.call(expression)
            case MapRef():
                return self._read(expression)
            case Unary(operator="*") | Index():
                return self.memory(expression)
            case Member():
                slot = self.thread_local(expression)
                return self._read(slot) if slot else self.memory(expression)
            case Unary(operator=operator, operand=operand):
                return self._unary(expression, operator, operand)
            case Binary():
                return self._binary(expression)
            case Ternary():
                return self._ternary(expression)
            case Cast():
                return self.cast(expression)
            case SizeOf():
                return self.size_of(expression)
            case OffsetOf():
                return self.offset_of(expression)
            case TupleLiteral(span=span, items=items):
                typed = tuple(self.expression(item) for item in items)
                return Together(span, Tuple(tuple(settled(item.type) for item in typed)), typed)
            case Step():
                return self._step(expression)

    def thread_local(self, target: Expression | Variable) -> MapRef | None:
        """`self->x` as the map entry of this thread that it is."""
        match target:
            case Member(span=span, operand=Call(name="self", bare=True), name=name):
                return MapRef(span, f"self->{name}", (Call(span, "tid"),))
        return None

    def keys(self, target: MapRef) -> tuple[TypedExpression, ...]:
        """The typed keys of a map entry; a tuple as the only key is its parts."""
        typed = tuple(self.expression(key) for key in target.keys)
        for key in typed:
            if not isinstance(key.type, Tuple | Shown) and not isinstance(storage(key.type), Int | Str):
                help = "keys are numbers and strings"
                raise Wrong("not-a-key", f"{describe(key.type)} cannot be a key", key.span, help)
        return typed

    def _parameter(self, parameter: Parameter) -> TypedExpression:
        unique = self.variables.find(f"${parameter.name}")
        if unique is not None:
            return Local(parameter.span, self.variables.types.get(unique, S64), unique)
        if parameter.name == "target":
            return Target(parameter.span, Int(32, signed=False))
        if f"${parameter.name}" in self.variables.assigned:
            help = f"give it a value first: `${parameter.name} = 0;`"
            raise Wrong("unknown-variable", f"`${parameter.name}` has no value yet", parameter.span, help)
        match self.given.value(parameter):
            case int() as number:
                return Constant(parameter.span, S64, number)
            case IntLiteral(value=value, unit=unit):
                return Constant(parameter.span, Int(64, value < 1 << 63, unit), value)
            case StringLiteral(value=content) | bytes(content):
                return Text(parameter.span, Str(len(content) + 1), content)

    def _read(self, target: MapRef) -> TypedExpression:
        entry = self.entry(target)
        return Read(entry.span, self.value_of(target.name, target.span), entry.map, entry.keys)

    def entry(self, target: MapRef) -> Read:
        """An entry of a map, whatever its value is."""
        keys = self.keys(target)
        types = tuple(settled(key.type) for key in keys)
        self.table.add(target.name, Use(target.span, types, self.labels(target.keys)))
        return Read(target.span, U64, target.name, keys)

    def value_of(self, name: str, span: Span) -> Type:
        """The type of a map's values in a program; raises Wrong for aggregations that are not one number there."""
        use = self.table.uses[name]
        if not use.aggregation:
            return use.value or self.table.unknown(name)
        entry = aggregations()[use.aggregation]
        if entry.read is None:
            message = f"{name} is a `{use.aggregation}`, which programs cannot read back"
            readable = [known for known, other in aggregations().items() if other.read and known == other.name]
            help = f"`print({name})` shows it; what programs can read is {', '.join(readable)}"
            raise Wrong("aggregation-read", message, span, help)
        kind = use.value
        assert isinstance(kind, Int)
        return Int(64, kind.signed, kind.unit if entry.keeps_unit else "")

    def _unary(self, unary: Unary, operator: str, operand: Expression) -> TypedExpression:
        span = unary.span
        value = self.integer(operand, f"the operand of `{operator}`")
        kind = promoted(value.type)
        if operator == "-" and isinstance(value, Constant):
            return Constant(span, Int(64, True, kind.unit), -value.value)
        zero = Constant(span, S64, 0)
        match operator:
            case "-":
                return Operation(span, Int(64, kind.signed, kind.unit), "-", zero, value, kind.signed)
            case "~":
                return Operation(span, Int(64, kind.signed), "^", value, Constant(span, S64, -1), kind.signed)
            case "!":
                return Operation(span, BOOL, "==", value, zero, kind.signed)
            case _:
                return value

    def _binary(self, binary: Binary) -> TypedExpression:
        left, right = self.expression(binary.left), self.expression(binary.right)
        operator = binary.operator
        if isinstance(storage(left.type), Str) and isinstance(storage(right.type), Str):
            match operator:
                case "==" | "!=":
                    return Compare(binary.span, BOOL, left, right, operator == "!=")
                case "<" | "<=" | ">" | ">=":
                    order = self.apply("strcmp", binary.span, (left, right))
                    return Operation(binary.span, BOOL, operator, order, Constant(binary.span, S64, 0), True)
                case "+":
                    return self.apply("strjoin", binary.span, (left, right))
        for side, other in ((left, right), (right, left)):
            if not _is_number(side.type):
                if isinstance(storage(other.type), Int) and isinstance(storage(side.type), Str) and operator == "+":
                    help = 'print them together, `printf("%s%d", ...)`, or make them two keys'
                    raise Wrong("wrong-operand", "a string and a number cannot be joined", binary.span, help)
                message = f"`{operator}` needs numbers, but this is {describe(side.type)}"
                raise Wrong("wrong-operand", message, side.span, f"the other side is {describe(other.type)}")
        return self.combine(binary, operator, left, right)

    def combine(self, at: Expression, operator: str, left: TypedExpression, right: TypedExpression) -> TypedExpression:
        """`left operator right` for numbers and pointers."""
        span = at.span
        first, second = promoted(left.type), promoted(right.type)
        signed = first.signed and second.signed
        if operator in COMPARISONS or operator in LOGIC:
            return Operation(span, BOOL, operator, left, right, signed)
        if isinstance(left.type, Pointer) and operator in ("+", "-") and left.type.target is not None:
            size = Constant(span, S64, self.bytes_of(left.type.target, span))
            return Operation(span, left.type, operator, left, Operation(span, S64, "*", right, size, True), False)
        if operator in ("<<", ">>"):
            return Operation(span, Int(64, first.signed), operator, left, right, first.signed)
        space: Space = first.space or second.space if operator in "+-" else ""
        return Operation(span, Int(64, signed, _unit(operator, first, second), space), operator, left, right, signed)

    def _ternary(self, ternary: Ternary) -> TypedExpression:
        condition = self.integer(ternary.condition, "a condition")
        then = self.expression(ternary.then) if ternary.then else condition
        otherwise = self.expression(ternary.otherwise)
        kind = _either(settled(then.type), settled(otherwise.type))
        if kind is None:
            message = f"one side of `?:` is {describe(then.type)}, the other {describe(otherwise.type)}"
            raise Wrong("sides-differ", message, ternary.span, "both must be of one kind")
        return Choice(ternary.span, kind, condition, then if ternary.then else None, otherwise)

    def _step(self, step: Step) -> TypedExpression:
        """`x++` of a variable or of a map entry."""
        if isinstance(step.target, Variable):
            unique = self.variables.find(step.target.name)
            if unique is None and not self.variables.begun:
                name = step.target.name
                hint = f"a map keeps numbers between events: `@{name}{step.operator}`"
                raise Wrong(
                    "no-value", f"`{name}` has no value here: variables begin inside of a block", step.span, hint
                )
            if unique is None:
                unique = self.variables.declare(step.target.name, here=False)
                self.variables.assign(unique, S64, step.span)
            kind = self.variables.types.get(unique, S64)
            amount = 1 if step.operator == "++" else -1
            return StepLocal(step.span, kind, unique, amount, not step.prefix)
        one = Constant(step.span, S64, 1)
        return self.modify(step, step.target, step.operator[0], one, gives_old=not step.prefix)

    def modify(
        self, at: Step | Expression, target: MapRef | Member, operator: str, value: TypedExpression, gives_old: bool
    ) -> TypedExpression:
        """A map entry combined with a value in one step."""
        entry = self.thread_local(target) or target
        if not isinstance(entry, MapRef):
            raise Wrong("not-assignable", "this cannot be assigned", target.span, "assign maps, variables, `self->x`")
        keys = self.keys(entry)
        promoted(value.type)
        types = tuple(settled(key.type) for key in keys)
        kind = settled(value.type)
        self.table.add(entry.name, Use(entry.span, types, self.labels(entry.keys), kind))
        found = self.table.uses[entry.name].value or kind
        signed = promoted(found).signed
        return Modify(at.span, found, entry.name, keys, operator, value, signed, gives_old)


def _is_number(kind: Type) -> bool:
    return isinstance(kind, Int | Pointer) or (isinstance(kind, Shown) and isinstance(kind.storage, Int))


def _either(first: Type, second: Type) -> Type | None:
    """The type of `a ? b : c`: of numbers that differ, the one in which they would be added."""
    if isinstance(first, Int) and isinstance(second, Int) and first != second:
        one, other = promoted(first), promoted(second)
        space: Space = one.space if one.space == other.space else ""
        return Int(64, one.signed and other.signed, _unit("+", one, other), space)
    return unify(first, second)


def promoted(kind: Type) -> Int:
    """The type in which a number takes part in arithmetic."""
    stored = storage(kind)
    assert isinstance(stored, Int)
    return stored if stored.bits == 64 else Int(64, True, stored.unit, stored.space)


def _unit(operator: str, left: Int, right: Int) -> Unit:
    """The unit of a result: sums keep the common one, a quotient loses its own."""
    match operator:
        case "+" | "-" | "%" | "&" | "|":
            return left.unit if left.unit == right.unit or not right.unit else right.unit if not left.unit else ""
        case "*" if not (left.unit and right.unit):
            return left.unit or right.unit
        case "/" if not right.unit:
            return left.unit
    return ""

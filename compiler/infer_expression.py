"""Types of expressions, and of calls by their declarations.

Arithmetic is C's on a machine whose `int` has 64 bits: what is narrower becomes signed 64 bits first, and signed
meets unsigned as unsigned.
"""

from collections.abc import Sequence

from ..grammar.diagnostic import Diagnostic
from ..grammar.source import Source, Span
from .aggregation import Aggregation
from .ast import Binary, Call, Expression, IntLiteral, MapRef, Parameter, StringLiteral, Ternary, Unary
from .function import Action, ActionFunction, Complaint, NumberFunction, TextFunction
from .function import Parameter as Declared
from .map_table import MapTable, Use, unify
from .options import Options
from .registry import aggregations, functions
from .resolve import unknown_function
from .typed import Apply, Choice, Compare, Constant, MapName, Operation, Read, Target, Text, TypedExpression
from .types import BOOL, S64, U64, VOID, Int, Space, Str, Type, Unit, describe, storage

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_LOGIC = frozenset({"&&", "||", "^^"})


class Wrong(Exception):
    """One error, at a place."""

    def __init__(self, code: str, message: str, span: Span, help: str) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, span, help=help)


class Expressions:
    """Types expressions of one clause; `space` is where its probe's arguments point."""

    def __init__(self, source: Source, table: MapTable, options: Options, space: Space) -> None:
        self.source, self.table, self.options, self.space = source, table, options, space

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
                return self._call(expression)
            case MapRef():
                return self._read(expression)
            case Unary(span=span, operator=operator, operand=operand):
                return self._unary(span, operator, operand)
            case Binary():
                return self._binary(expression)
            case Ternary():
                return self._ternary(expression)

    def integer(self, expression: Expression, what: str) -> TypedExpression:
        """The typed form of what must be a number; `what` names it in the error."""
        typed = self.expression(expression)
        if isinstance(typed.type, Int):
            return typed
        help = 'compare it: `comm == "dd"`' if isinstance(typed.type, Str) else ""
        raise Wrong("number-expected", f"{what} is a number, but this is {describe(typed.type)}", typed.span, help)

    def labels(self, expressions: Sequence[Expression]) -> tuple[str, ...]:
        """What results are called after: `comm()` is `comm`, `arg(2)` is `arg2`, others are their text."""
        return tuple(self._label(expression) for expression in expressions)

    def _label(self, expression: Expression) -> str:
        match expression:
            case Call(name=name, arguments=()):
                return name
            case Call(name="arg", arguments=(IntLiteral(value=number),)):
                return f"arg{number}"
        return self.source.cut(expression.span)

    def keys(self, target: MapRef) -> tuple[TypedExpression, ...]:
        """The typed keys of a map entry."""
        typed = tuple(self.expression(key) for key in target.keys)
        for key in typed:
            if not isinstance(storage(key.type), Int | Str):
                raise Wrong(
                    "not-a-key", f"{describe(key.type)} cannot be a key", key.span, "keys are numbers and strings"
                )
        return typed

    def _parameter(self, parameter: Parameter) -> TypedExpression:
        given = self.options.parameters
        if parameter.name == "target":
            return Target(parameter.span, Int(32, signed=False))
        if parameter.name == "#":
            return Constant(parameter.span, S64, len(given))
        if not parameter.name.isdecimal():
            raise Wrong("unknown-parameter", f"there is no `${parameter.name}`", parameter.span,
                        "there are `$1`, `$2`, ..., `$#` and `$target`")  # fmt: skip
        number = int(parameter.name)
        if not 0 < number <= len(given):
            raise Wrong("parameter-missing", f"argument ${number} was not given", parameter.span,
                        f"the script was started with {len(given)}: `ply FILE ARG...`")  # fmt: skip
        text = given[number - 1]
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdecimal() and int(digits) < 1 << 63:
            return Constant(parameter.span, S64, int(text))
        return Text(parameter.span, Str(len(text.encode()) + 1), text.encode())

    def _read(self, target: MapRef) -> TypedExpression:
        keys = self.keys(target)
        self.table.add(target.name, Use(target.span, tuple(key.type for key in keys), self.labels(target.keys)))
        use = self.table.uses[target.name]
        if use.aggregation:
            message = f"{target.name} is a `{use.aggregation}`, which programs cannot read back"
            help = f"each CPU has its own part of it; `print({target.name})` merges them"
            raise Wrong("aggregation-read", message, target.span, help)
        return Read(target.span, use.value or U64, target.name, keys)

    def _unary(self, span: Span, operator: str, operand: Expression) -> TypedExpression:
        value = self.integer(operand, f"the operand of `{operator}`")
        zero = Constant(span, S64, 0)
        kind = _promoted(value.type)
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
        operator, span = binary.operator, binary.span
        if isinstance(left.type, Str) and isinstance(right.type, Str) and operator in ("==", "!="):
            return Compare(span, BOOL, left, right, operator == "!=")
        for side, node in ((left, binary.left), (right, binary.right)):
            if not isinstance(side.type, Int):
                other = right if side is left else left
                help = f"the other side is {describe(other.type)}"
                message = f"`{operator}` needs numbers, but this is {describe(side.type)}"
                raise Wrong("wrong-operand", message, node.span, help)
        first, second = _promoted(left.type), _promoted(right.type)
        signed = first.signed and second.signed
        if operator in _COMPARISONS or operator in _LOGIC:
            return Operation(span, BOOL, operator, left, right, signed)
        if operator in ("<<", ">>"):
            return Operation(span, Int(64, first.signed), operator, left, right, first.signed)
        unit = _unit(operator, first, second)
        space: Space = first.space or second.space if operator in "+-" else ""
        return Operation(span, Int(64, signed, unit, space), operator, left, right, signed)

    def _ternary(self, ternary: Ternary) -> TypedExpression:
        condition = self.integer(ternary.condition, "a condition")
        then = self.integer(ternary.then, "each side of `?:`") if ternary.then else None
        otherwise = self.integer(ternary.otherwise, "each side of `?:`")
        kind = unify((then or condition).type, otherwise.type)
        assert kind is not None
        return Choice(ternary.span, kind, condition, then, otherwise)

    # Calls

    def _call(self, call: Call) -> TypedExpression:
        known = functions().get(call.name)
        match known:
            case NumberFunction() | TextFunction():
                arguments = self._arguments(call, known.name, known.parameters, rest=False)
                try:
                    kind = known.result(arguments, self.space) if callable(known.result) else known.result
                except Complaint as complaint:
                    raise self._complaint(call, complaint) from None
                return Apply(call.span, kind, known.name, arguments)
            case ActionFunction():
                raise Wrong("no-value", f"`{call.name}` has no value", call.span, "use it as a statement of its own")
        if call.name in aggregations():
            raise Wrong("aggregation-alone", f"`{call.name}` updates a map", call.span,
                        f"write `@.{self.source.cut(call.span)}` or `@ = {self.source.cut(call.span)}`")  # fmt: skip
        unknown = unknown_function(call)
        raise Wrong(unknown.code, unknown.message, call.span, unknown.help)

    def action(self, call: Call) -> Action | None:
        """What a call does in user space; None if it is a function with a value."""
        known = functions()[call.name]
        if not isinstance(known, ActionFunction):
            return None
        arguments = self._arguments(call, known.name, known.parameters, known.rest)
        try:
            return known.act(arguments)
        except Complaint as complaint:
            raise self._complaint(call, complaint) from None

    def aggregated(self, call: Call, entry: Aggregation) -> tuple[TypedExpression | None, tuple[int, ...]]:
        """The value for an aggregation, and its literal parameters."""
        first = (Declared("X"),) if entry.takes_value else ()
        declared = (*first, *(Declared(name, "literal") for name in entry.parameters))
        arguments = self._arguments(call, entry.name, declared, rest=False)
        literals = arguments[len(first) :]
        parameters = tuple(literal.value for literal in literals if isinstance(literal, Constant))
        return (arguments[0] if entry.takes_value else None), parameters

    def _complaint(self, call: Call, complaint: Complaint) -> Wrong:
        span = call.span if complaint.index is None else call.arguments[complaint.index].span
        return Wrong(complaint.code, complaint.message, span, complaint.help)

    def _arguments(
        self, call: Call, name: str, declared: Sequence[Declared], rest: bool
    ) -> tuple[TypedExpression, ...]:
        required = sum(not parameter.optional for parameter in declared)
        given = len(call.arguments)
        if given < required or (given > len(declared) and not rest):
            usage = ", ".join(f"[{p.name}]" if p.optional else p.name for p in declared) + (", ..." if rest else "")
            raise Wrong("argument-count", f"`{name}` takes {_count(required, len(declared), rest)}, but got {given}",
                        call.span, f"write `{name}({usage})`")  # fmt: skip
        spread = [*declared, *[Declared("...", "any")] * (given - len(declared))]
        return tuple(self._argument(*pair) for pair in zip(call.arguments, spread, strict=False))

    def _argument(self, argument: Expression, declared: Declared) -> TypedExpression:
        whole = isinstance(argument, MapRef) and not argument.keys and self._is_keyed_or_aggregated(argument)
        if declared.kind in ("map", "any") and isinstance(argument, MapRef) and whole:
            self.table.add(argument.name, Use(argument.span))
            return MapName(argument.span, VOID, argument.name)
        if declared.kind == "map":
            raise Wrong("map-expected", "this must be a map", argument.span, "as in `clear(@)`")
        typed = self.expression(argument)
        match declared.kind:
            case "integer" if not isinstance(typed.type, Int):
                raise Wrong("number-expected", f"{declared.name} is a number, but this is {describe(typed.type)}",
                            typed.span, "")  # fmt: skip
            case "literal" if not isinstance(typed, Constant):
                raise Wrong("literal-expected", f"{declared.name} must be a number that is known beforehand",
                            typed.span, "")  # fmt: skip
            case "text-literal" if not isinstance(typed, Text):
                raise Wrong("literal-expected", f"{declared.name} must be a text in quotes", typed.span, "")
        return typed

    def _is_keyed_or_aggregated(self, argument: MapRef) -> bool:
        use = self.table.uses.get(argument.name)
        return use is None or bool(use.aggregation) or bool(use.keys) or use.value is None


def _count(required: int, most: int, rest: bool) -> str:
    if rest:
        return f"at least {required} argument{'s' * (required != 1)}"
    if required == most:
        return f"{required or 'no'} argument{'s' * (required != 1)}"
    return f"{required} to {most} arguments"


def _promoted(kind: Type) -> Int:
    """The type in which a number takes part in arithmetic."""
    assert isinstance(kind, Int)
    return kind if kind.bits == 64 else Int(64, True, kind.unit, kind.space)


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

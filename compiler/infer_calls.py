"""Types of calls, by the declarations of functions and aggregations.

str(arg(0), 64)   ->   Apply("str", (Apply("arg", ...), Constant(64))): str[65]
"""

from abc import abstractmethod
from collections.abc import Sequence

from ..grammar.frozen import replace
from ..grammar.source import Span
from .aggregation import Aggregation
from .ast import Call, Expression, IntLiteral, MapRef
from .fold import fold
from .function import Action, ActionFunction, Complaint, FactFunction, NumberFunction, Shorthand, TextFunction
from .function import Parameter as Declared
from .infer_context import Context
from .map_table import Use
from .refusal import Follows, Wrong
from .registry import aggregations, functions
from .resolve import unknown_function
from .typed import Apply, Constant, Local, MapName, Read, Text, TypedExpression
from .types import S64, VOID, Int, Str, describe, storage


class Calls(Context):
    """Calls, and names without parentheses."""

    @abstractmethod
    def entry(self, target: MapRef) -> Read:
        """An entry of a map, whatever its value is."""

    def call(self, call: Call) -> TypedExpression:
        """A local variable, a constant, or a function applied."""
        if call.bare:
            named = self._named(call)
            if named is not None:
                return named
        known = functions().get(call.name)
        match known:
            case NumberFunction() | TextFunction():
                arguments = self._arguments(call, known.name, known.parameters, rest=False)
                return self.apply(known.name, call.span, arguments)
            case FactFunction():
                arguments = self._arguments(call, known.name, known.parameters, rest=False)
                try:
                    return Constant(call.span, known.result, known.look_up(arguments, self.host))
                except Complaint as complaint:
                    raise _complained(call.span, call.arguments, complaint) from None
            case Shorthand():
                self._arguments(call, known.name, known.parameters, rest=False)
                return self.expression(known.expand(call.span, call.arguments))
            case ActionFunction():
                raise Wrong("no-value", f"`{call.name}` has no value", call.span, "use it as a statement of its own")
        if call.name in aggregations():
            text = self.source.cut(call.span)
            help = f"write `@.{text}` or `@ = {text}`"
            raise Wrong("aggregation-alone", f"`{call.name}` updates a map", call.span, help)
        unknown = unknown_function(call, self.variables.names() | self.constants.keys())
        raise Wrong(unknown.code, unknown.message, call.span, unknown.help)

    def apply(self, name: str, span: Span, arguments: tuple[TypedExpression, ...]) -> Apply:
        """A function with a value, applied; raises Wrong where it refuses its arguments."""
        known = functions()[name]
        assert isinstance(known, NumberFunction | TextFunction)
        try:
            kind = known.result(arguments, self.access) if callable(known.result) else known.result
            facts = known.facts(arguments, self.host) if isinstance(known, TextFunction) and known.facts else ()
        except Complaint as complaint:
            raise _complained(span, arguments, complaint) from None
        return Apply(span, kind, name, (*arguments, *(Constant(span, S64, fact) for fact in facts)))

    def _named(self, call: Call) -> TypedExpression | None:
        """What the script or the kernel calls by this name."""
        unique = self.variables.find(call.name)
        if unique is not None:
            return Local(call.span, self.variables.types.get(unique, S64), unique)
        if call.name in self.constants:
            constant = self.constants[call.name]
            if constant is None:
                raise Follows()
            return constant
        if call.name in functions() or call.name in aggregations():
            return None
        value = self.host.enumerator(call.name)
        return None if value is None else Constant(call.span, Int(64, value < 1 << 63), value)

    def action(self, call: Call) -> Action | None:
        """What a call does in user space; None if it is a function with a value."""
        known = functions()[call.name]
        action = known if isinstance(known, ActionFunction) else known.statement
        if action is None:
            return None
        arguments = self._arguments(call, action.name, action.parameters, action.rest)
        try:
            return action.act(arguments)
        except Complaint as complaint:
            raise _complained(call.span, call.arguments, complaint) from None

    def aggregated(self, call: Call, entry: Aggregation) -> tuple[TypedExpression | None, tuple[int, ...]]:
        """The value for an aggregation, and its literal parameters."""
        first = (Declared("X"),) if entry.takes_value else ()
        required = (Declared(name, "literal") for name in entry.parameters)
        optional = (Declared(name, "literal", optional=True) for name in entry.optional)
        arguments = self._arguments(call, entry.name, (*first, *required, *optional), rest=False)
        given = tuple(literal.value for literal in arguments[len(first) :] if isinstance(literal, Constant))
        try:
            parameters = entry.settle(given)
        except Complaint as complaint:
            raise _complained(call.span, call.arguments, complaint) from None
        return (arguments[0] if entry.takes_value else None), parameters

    def _arguments(
        self, call: Call, name: str, declared: Sequence[Declared], rest: bool
    ) -> tuple[TypedExpression, ...]:
        required = sum(not parameter.optional for parameter in declared)
        if declared and declared[0].kind == "entry":
            call = _one_entry(call)
        given = len(call.arguments)
        if given < required or (given > len(declared) and not rest):
            usage = ", ".join(f"[{p.name}]" if p.optional else p.name for p in declared) + (", ..." if rest else "")
            message = f"`{name}` takes {_count(required, len(declared), rest)}, but got {given}"
            raise Wrong("argument-count", message, call.span, f"write `{name}({usage})`")
        spread = [*declared, *[Declared("...", "any")] * (given - len(declared))]
        alone = given == 1 or (given == 2 and isinstance(call.arguments[1], IntLiteral))
        return tuple(self._argument(*pair, alone) for pair in zip(call.arguments, spread, strict=False))

    def _argument(self, argument: Expression, declared: Declared, alone: bool) -> TypedExpression:
        if isinstance(argument, MapRef) and not argument.keys and self._means_map(argument, declared, alone):
            self.table.add(argument.name, Use(argument.span))
            return MapName(argument.span, VOID, argument.name)
        if declared.kind == "map":
            raise Wrong("map-expected", "this must be a map", argument.span, "as in `clear(@)`")
        if declared.kind == "entry":
            if isinstance(argument, MapRef):
                return self.entry(argument)
            raise Wrong("map-expected", "this must be an entry of a map", argument.span, "as in `@m[pid]`")
        typed = self.address(argument) if declared.kind == "place" else self.expression(argument)
        if declared.kind == "literal":
            typed = fold(typed) or typed
        match declared.kind:
            case "integer" | "place" if not isinstance(storage(typed.type), Int):
                message = f"{declared.name} is a number, but this is {describe(typed.type)}"
                raise Wrong("number-expected", message, typed.span)
            case "literal" if not isinstance(typed, Constant):
                message = f"{declared.name} must be a number that is known beforehand"
                raise Wrong("literal-expected", message, typed.span)
            case "text-literal" if not isinstance(typed, Text):
                raise Wrong("literal-expected", f"{declared.name} must be a text in quotes", typed.span)
            case "text" | "sized" if not isinstance(storage(typed.type), Str):
                message = f"{declared.name} is a string, but this is {describe(typed.type)}"
                raise Wrong("string-expected", message, typed.span)
            case "any" | "shown" if typed.type == VOID:
                raise Wrong("no-value", "this has no value", typed.span)
        return typed

    def _means_map(self, argument: MapRef, declared: Declared, alone: bool) -> bool:
        """Whether a map without keys means all of it: not where it is one value, unless that is all to be shown."""
        use = self.table.uses.get(argument.name)
        match declared.kind:
            case "map":
                return True
            case "shown" | "sized":
                return use is None or use.value is None or bool(use.keys) or (alone and bool(use.aggregation))
        return False


def _one_entry(call: Call) -> Call:
    """`f(@m, k)` as `f(@m[k])`."""
    match call.arguments:
        case (MapRef(span=span, name=name, keys=()), *keys) if keys:
            return replace(call, arguments=(MapRef(span, name, tuple(keys)),))
    return call


def _complained(span: Span, arguments: Sequence[Expression] | Sequence[TypedExpression], complaint: Complaint) -> Wrong:
    place = span if complaint.index is None else arguments[complaint.index].span
    return Wrong(complaint.code, complaint.message, place, complaint.help)


def _count(required: int, most: int, rest: bool) -> str:
    if rest:
        return f"at least {required} argument{'s' * (required != 1)}"
    if required == most:
        return f"{required or 'no'} argument{'s' * (required != 1)}"
    return f"{required} to {most} arguments"

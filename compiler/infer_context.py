"""What is known while a clause is typed: its probe, the script's maps and constants, its local variables.

Local variables are found by name through the blocks around; each has one name that is unique in the clause (`x`, or
`x.2` for the second one), under which its type is kept from one pass over the script to the next.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..grammar.source import Source, Span
from .access import Access
from .ast import Call, Expression, IntLiteral
from .host import Host
from .map_table import MapTable, unify
from .options import Options
from .parameters import Parameters
from .refusal import Follows, Wrong
from .typed import TypedExpression
from .types import S64, Int, Type, Void, describe, storage


class Locals:
    """The local variables of one clause, with their types as far as they are known.

    `assigned` are the `$x` that it assigns somewhere. There are none as long as they are not `begun`: in the predicate.
    """

    def __init__(self, types: dict[str, Type], assigned: frozenset[str] = frozenset()) -> None:
        self.types, self.assigned = types, assigned
        self.begun = False
        self.broken: set[str] = set()
        self._undecided: set[str] = set()
        self._blocks: list[dict[str, str]] = [{}]
        self._count: dict[str, int] = {}

    @contextmanager
    def block(self) -> Iterator[None]:
        """Variables that are declared in here end with it."""
        self._blocks.append({})
        yield
        self._blocks.pop()

    def find(self, name: str) -> str | None:
        """The unique name of the innermost variable of this name; raises Follows where its value was wrong."""
        found = self._innermost(name)
        if found in self.broken:
            raise Follows()
        return found

    def give_up(self, name: str, here: bool) -> None:
        """A variable whose value is wrong: what is said about that is enough."""
        if self._innermost(name) is None or here:
            self.broken.add(self.declare(name, here))

    def _innermost(self, name: str) -> str | None:
        return next((block[name] for block in reversed(self._blocks) if name in block), None)

    def names(self) -> frozenset[str]:
        """What the variables in scope are called."""
        return frozenset(name for block in self._blocks for name in block)

    def declare(self, name: str, here: bool) -> str:
        """A new variable, of this block (`here`) or of the whole clause."""
        number = self._count[name] = self._count.get(name, 0) + 1
        unique = name if number == 1 else f"{name}.{number}"
        self._blocks[-1 if here else 0][name] = unique
        return unique

    def settle(self) -> None:
        """Variables that nothing was assigned to are numbers."""
        for unique in self._undecided - self.types.keys():
            self.types[unique] = S64

    def leave_open(self, unique: str) -> None:
        """A variable of which the type is to be found."""
        self._undecided.add(unique)

    def assign(self, unique: str, kind: Type, span: Span) -> None:
        """Learn from an assignment; raises Wrong where the types do not go together."""
        known = self.types.get(unique)
        merged = kind if known is None else unify(known, kind)
        if merged is None:
            assert known is not None
            name = unique.partition(".")[0]
            message = f"`{name}` holds {describe(known)} elsewhere, but here {describe(kind)}"
            raise Wrong("variable-types-differ", message, span, "use another variable for one of them")
        self.types[unique] = merged


class Context(ABC):
    """The state that typing shares; the parts of `Expressions` derive from it."""

    def __init__(
        self,
        source: Source,
        table: MapTable,
        options: Options,
        host: Host,
        access: Access,
        variables: Locals,
        constants: Mapping[str, TypedExpression | None],
        given: Parameters,
    ) -> None:
        self.source, self.table, self.options, self.host = source, table, options, host
        self.access, self.variables, self.constants, self.given = access, variables, constants, given

    @abstractmethod
    def expression(self, expression: Expression) -> TypedExpression:
        """The typed form; raises Wrong."""

    @abstractmethod
    def address(self, expression: Expression) -> TypedExpression:
        """The address of a structure; of what is none, the value."""

    def integer(self, expression: Expression, what: str) -> TypedExpression:
        """The typed form of what must be a number; `what` names it in the error."""
        typed = self.expression(expression)
        if isinstance(typed.type, Void) or isinstance(storage(typed.type), Int):
            if isinstance(typed.type, Void):
                raise Wrong("no-value", "this has no value", typed.span)
            return typed
        help = 'compare it: `comm == "dd"`' if what in ("a predicate", "a condition") else ""
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

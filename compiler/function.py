"""How a builtin function is declared: types, kernel half, and what user space makes of the value.

One file in `compiler/functions/` sets `FUNCTION` to one of these. Its module docstring is the public
documentation: first line what it gives, then an example. `render(raw, world)`, where the type is `Shown`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from ..grammar.frozen import dataclass
from .access import Frame

if TYPE_CHECKING:  # the user halves of functions and aggregations come along here at every start
    from ..grammar.source import Span
    from .access import Access, Need
    from .ast import Expression
    from .effects import Effect
    from .emitter import Pointer, Scalar
    from .host import Host
    from .schema import MapSchema
    from .typed import TypedExpression
    from .types import Int, Type

ParameterKind = Literal["integer", "literal", "text", "text-literal", "map", "shown", "entry", "sized", "place", "any"]


class Complaint(Exception):
    """A declaration refuses a call: becomes a diagnostic at the call, or at argument `index`."""

    def __init__(self, code: str, message: str, help: str = "", index: int | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.index = code, message, help, index


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: `literal` and `text-literal` must be known when the script is compiled.

    `entry` is an entry of a map that need not be there, as a `Read`; `sized` is a map or a string,
    `shown` a map or any value, `place` a number, or a structure or an array, whose address is then meant.
    """

    name: str
    kind: ParameterKind = "integer"
    optional: bool = False


class Lowering(Frame, Protocol):
    """What the kernel half of a function or aggregation may use."""

    @property
    def access(self) -> Access:
        """How to reach what the probe offers."""

    @property
    def where(self) -> str:
        """What losses are counted under here: a map's name, `printf`, `predicate`."""

    def memory(self, size: int) -> Pointer:
        """Memory until the end of the statement, not initialised."""

    def number(self, expression: TypedExpression) -> Scalar:
        """Code for an integer expression."""

    def text(self, expression: TypedExpression, into: Pointer, size: int) -> None:
        """Code that leaves a string in `size` bytes, the rest of them zero; whether it was cut is in the last one."""

    def whole(self, expression: TypedExpression) -> Pointer:
        """A string in memory of its own, without a mark where it was cut."""

    def schema(self, name: str) -> MapSchema:
        """A map of the script."""

    def key(self, schema: MapSchema, keys: Sequence[TypedExpression]) -> Pointer:
        """The key of an entry, in memory."""

    def look_up(self, schema: MapSchema, key: Pointer) -> Pointer:
        """The slot of a key, or null."""

    def get_comm(self, into: Pointer) -> None:
        """Leave the current thread's name in 16 bytes."""

    def faulted(self, result: Scalar, into: Pointer) -> None:
        """Where `result` is negative: count a faulted read and leave the mark of one."""

    def stack_map(self) -> Pointer:
        """The map of stacks."""

    def duration(self) -> Scalar:
        """How long the call took whose return this is; only where the clause was joined with the entry."""

    def process(self) -> Scalar:
        """The current process, whose memory user space has to know later: addresses in it are to get names."""


@dataclass(frozen=True, slots=True)
class NumberFunction:
    """A function with an integer in the kernel. `result` is its type, or computes it from the arguments' types.

    `constant` says that with constant arguments it has one value within an event, so that it is computed once.
    `statement` is what the call does as a statement of its own, where the name is a value here and an action there.
    """

    name: str
    result: Type | Callable[[Sequence[TypedExpression], Access], Type]
    emit: Callable[[Lowering, Sequence[TypedExpression]], Scalar]
    parameters: tuple[Parameter, ...] = ()
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()
    constant: bool = True
    statement: ActionFunction | None = None


@dataclass(frozen=True, slots=True)
class TextFunction:
    """A function whose value is bytes in memory; `emit` leaves them at the pointer, padded with zeros to the size.

    `reads` says that they come from the address that is the first argument, `cuts` that they may be the start of a
    longer string (`memory.mark_cut`). What `facts` asks of the machine follows the arguments, as constants. `statement`
    is that of `NumberFunction`. Where the result is an `Int`, the bytes are the slot of the number.
    """

    name: str
    result: Type | Callable[[Sequence[TypedExpression], Access], Type]
    emit: Callable[[Lowering, Sequence[TypedExpression], Pointer, int], None]
    parameters: tuple[Parameter, ...] = ()
    reads: bool = False
    cuts: bool = False
    facts: Callable[[Sequence[TypedExpression], Host], tuple[int, ...]] | None = None
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()
    statement: ActionFunction | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a call does in user space: an effect, and the values that travel with it."""

    effect: Effect
    values: tuple[TypedExpression, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionFunction:
    """A function called for its effect in user space; `rest` allows more arguments than named ones."""

    name: str
    act: Callable[[Sequence[TypedExpression]], Action]
    parameters: tuple[Parameter, ...] = ()
    rest: bool = False
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shorthand:
    """A name for an expression of the language: `expand` writes it out, at the place of the call."""

    name: str
    expand: Callable[[Span, Sequence[Expression]], Expression]
    parameters: tuple[Parameter, ...] = ()
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()
    statement: ActionFunction | None = None


@dataclass(frozen=True, slots=True)
class FactFunction:
    """A number that is known before the program runs: `look_up` asks the machine, or raises a `Complaint`."""

    name: str
    result: Int
    look_up: Callable[[Sequence[TypedExpression], Host], int]
    parameters: tuple[Parameter, ...] = ()
    needs: frozenset[Need] = frozenset()
    aliases: tuple[str, ...] = ()
    statement: ActionFunction | None = None


Function = NumberFunction | TextFunction | ActionFunction | Shorthand | FactFunction

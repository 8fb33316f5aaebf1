"""The program after inference: every expression with its type, every map operation explicit, no sugar.

`@[pid] = count()` has become `Update(map="@", keys=(Apply("pid", ()),), aggregation="count", ...)`.
"""

from ..grammar.frozen import dataclass
from ..grammar.source import Span
from .access import Match
from .schema import EventSchema, MapSchema
from .types import Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A number."""

    span: Span
    type: Type
    value: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string constant, without its terminator."""

    span: Span
    type: Type
    value: bytes


@dataclass(frozen=True, slots=True)
class Apply:
    """A builtin function applied; `name` is the registry's, never an alias."""

    span: Span
    type: Type
    name: str
    arguments: "tuple[TypedExpression, ...]"


@dataclass(frozen=True, slots=True)
class Read:
    """The value under a key of a plain map, zero where there is none."""

    span: Span
    type: Type
    map: str
    keys: "tuple[TypedExpression, ...]"


@dataclass(frozen=True, slots=True)
class Target:
    """The traced command's pid."""

    span: Span
    type: Type


@dataclass(frozen=True, slots=True)
class Operation:
    """A binary operator on integers; `signed` says how it divides, shifts right and compares."""

    span: Span
    type: Type
    operator: str
    left: "TypedExpression"
    right: "TypedExpression"
    signed: bool


@dataclass(frozen=True, slots=True)
class Compare:
    """Equality of two strings of the same size in memory; `negated` for `!=`."""

    span: Span
    type: Type
    left: "TypedExpression"
    right: "TypedExpression"
    negated: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`; `then` is None in `a ?: b`."""

    span: Span
    type: Type
    condition: "TypedExpression"
    then: "TypedExpression | None"
    otherwise: "TypedExpression"


@dataclass(frozen=True, slots=True)
class Local:
    """The value of a local variable; `name` is unique within the clause."""

    span: Span
    type: Type
    name: str


@dataclass(frozen=True, slots=True)
class Convert:
    """The same bits as another type: cut to its width and extended by its sign."""

    span: Span
    type: Type
    operand: "TypedExpression"


@dataclass(frozen=True, slots=True)
class Load:
    """A number from memory, `offset` bytes after an address; `shift` and `width` (else 0) pick out a bit field."""

    span: Span
    type: Type
    address: "TypedExpression"
    offset: int
    bits: int
    signed: bool
    shift: int = 0
    width: int = 0


@dataclass(frozen=True, slots=True)
class TextAt:
    """A string in memory, `offset` bytes after an address."""

    span: Span
    type: Type
    address: "TypedExpression"
    offset: int


@dataclass(frozen=True, slots=True)
class ContextField:
    """A field of the tracepoint's record that is the program's context; of `located` ones the record has the place."""

    span: Span
    type: Type
    offset: int
    bits: int
    signed: bool
    located: bool = False


@dataclass(frozen=True, slots=True)
class Modify:
    """A map entry's number combined with another in one step, even among CPUs; the value is the old or the new one."""

    span: Span
    type: Type
    map: str
    keys: "tuple[TypedExpression, ...]"
    operator: str
    value: "TypedExpression"
    signed: bool
    gives_old: bool


@dataclass(frozen=True, slots=True)
class StepLocal:
    """A local variable plus `amount`; the value is the old or the new one."""

    span: Span
    type: Type
    name: str
    amount: int
    gives_old: bool


@dataclass(frozen=True, slots=True)
class Together:
    """Several values as one tuple."""

    span: Span
    type: Type
    items: "tuple[TypedExpression, ...]"


@dataclass(frozen=True, slots=True)
class Part:
    """One value of a tuple that is in memory somewhere, `offset` bytes into it."""

    span: Span
    type: Type
    operand: "TypedExpression"
    offset: int


@dataclass(frozen=True, slots=True)
class MapName:
    """A whole map, as an argument of `print` or `clear`."""

    span: Span
    type: Type
    map: str


TypedExpression = (
    Constant
    | Text
    | Apply
    | Read
    | Target
    | Operation
    | Compare
    | Choice
    | Local
    | Convert
    | Load
    | TextAt
    | ContextField
    | Modify
    | StepLocal
    | Together
    | Part
    | MapName
)


@dataclass(frozen=True, slots=True)
class Update:
    """One more value for an aggregation; `value` is None for those that take none."""

    span: Span
    map: str
    keys: tuple[TypedExpression, ...]
    aggregation: str
    parameters: tuple[int, ...]
    value: TypedExpression | None


@dataclass(frozen=True, slots=True)
class Write:
    """A new value under a key of a plain map."""

    span: Span
    map: str
    keys: tuple[TypedExpression, ...]
    value: TypedExpression


@dataclass(frozen=True, slots=True)
class Remove:
    """No value any more under a key; without keys of a keyed map, all of them."""

    span: Span
    map: str
    keys: tuple[TypedExpression, ...]


@dataclass(frozen=True, slots=True)
class Emit:
    """An event to user space, with its values; `label` is what losses are counted under, `stops` ends the run."""

    span: Span
    label: str
    event: int
    values: tuple[TypedExpression, ...]
    stops: bool


@dataclass(frozen=True, slots=True)
class Discard:
    """An expression evaluated for nothing but its effects."""

    span: Span
    value: TypedExpression


@dataclass(frozen=True, slots=True)
class Branch:
    """One of two blocks."""

    span: Span
    condition: TypedExpression
    then: "tuple[TypedStatement, ...]"
    otherwise: "tuple[TypedStatement, ...]"


@dataclass(frozen=True, slots=True)
class SetLocal:
    """A new value for a local variable."""

    span: Span
    name: str
    value: TypedExpression


@dataclass(frozen=True, slots=True)
class Repeat:
    """The body while `condition` holds, at most `bound` times; `advance` runs after each time, also on `continue`."""

    span: Span
    condition: TypedExpression | None
    bound: int
    body: "tuple[TypedStatement, ...]"
    advance: "tuple[TypedStatement, ...]" = ()
    unrolled: bool = False


@dataclass(frozen=True, slots=True)
class ForEach:
    """The body for every entry of a map; `key` and `value` are local variables, `value` may be missing."""

    span: Span
    map: str
    key: str
    value: str
    body: "tuple[TypedStatement, ...]"


@dataclass(frozen=True, slots=True)
class Leave:
    """Out of the loop (`break`), on with its next round (`continue`), or out of the clause (`return`)."""

    span: Span
    kind: str


TypedStatement = Update | Write | Remove | Emit | Discard | Branch | SetLocal | Repeat | ForEach | Leave


@dataclass(frozen=True, slots=True)
class Instance:
    """A clause for one of its probes, attached in one way."""

    span: Span
    match: Match
    predicate: TypedExpression | None
    body: tuple[TypedStatement, ...]
    locals: tuple[tuple[str, Type], ...] = ()


@dataclass(frozen=True, slots=True)
class TypedProgram:
    """All instances in script order, and the one schema of every map and event."""

    instances: tuple[Instance, ...]
    maps: tuple[MapSchema, ...]
    events: tuple[EventSchema, ...]

"""The program as the user wrote it, in one form for both dialects: frozen nodes with spans.

`@[pid()].count()` and `@[pid] = count()` are the same `Assign(MapRef("@", (Call("pid"),)), Call("count"))`.
"""

from ..grammar.frozen import dataclass
from ..grammar.source import Source, Span
from .types import Unit


@dataclass(frozen=True, slots=True)
class IntLiteral:
    """An integer, its value already decoded; `10ms` has unit "ns", `4KiB` unit "bytes"."""

    span: Span
    value: int
    unit: Unit = ""


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """A string, its escapes already decoded; bytes, as the kernel sees it."""

    span: Span
    value: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A builtin: `pid`, `pid()`, `arg(2)`; `arg2` and `arg(2)` are both `Call("arg", (2,))`.

    `bare` says that there were no parentheses: `x` may be a local variable or a constant of the script, too.
    """

    span: Span
    name: str
    arguments: "tuple[Expression, ...]" = ()
    bare: bool = False


@dataclass(frozen=True, slots=True)
class MapRef:
    """A map or an entry of it: `@`, `@lat[pid]`. `name` has the `@`."""

    span: Span
    name: str
    keys: "tuple[Expression, ...]" = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$1`, `$#`, `$target`: known when the script is started; `name` is without the `$`.

    `$x` is a local variable where the clause has assigned one of that name.
    """

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `!x`, `~x`, and of pointers `*p`."""

    span: Span
    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, comparison, bit and logic operators of C, and `^^`."""

    span: Span
    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Ternary:
    """`condition ? then : otherwise`; in `a ?: b` the middle is None."""

    span: Span
    condition: "Expression"
    then: "Expression | None"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class TypeName:
    """A C type as written: `u32`, `struct task_struct`, `char *` with one pointer, `char[16]` with a length."""

    span: Span
    name: str
    pointers: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Cast:
    """`(u32)x`, `(struct task_struct *)p`."""

    span: Span
    type: TypeName
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Member:
    """`p->name` (`arrow`) or `s.name`; `self->x`, `args.count` and `data->field` are members of bare calls."""

    span: Span
    operand: "Expression"
    name: str
    arrow: bool


@dataclass(frozen=True, slots=True)
class Index:
    """`p[i]` of what is not a map: an array, a pointer, a tuple."""

    span: Span
    operand: "Expression"
    index: "Expression"


@dataclass(frozen=True, slots=True)
class SizeOf:
    """`sizeof(struct page)` or `sizeof(expression)`."""

    span: Span
    operand: "TypeName | Expression"


@dataclass(frozen=True, slots=True)
class OffsetOf:
    """`offsetof(struct task_struct, se.vruntime)`."""

    span: Span
    type: TypeName
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TupleLiteral:
    """`(a, b)`: several values as one."""

    span: Span
    items: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Step:
    """`x++`, `--@n[k]`: one more or less; `prefix` says that the value is the new one."""

    span: Span
    target: "Target"
    operator: str
    prefix: bool


Expression = (
    IntLiteral
    | StringLiteral
    | Call
    | MapRef
    | Parameter
    | Unary
    | Binary
    | Ternary
    | Cast
    | Member
    | Index
    | SizeOf
    | OffsetOf
    | TupleLiteral
    | Step
)


@dataclass(frozen=True, slots=True)
class Variable:
    """A local variable that is assigned: `x`, or `$x` with its `$`."""

    span: Span
    name: str


Target = MapRef | Variable | Member
"""What can be assigned; of members only `self->x`."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement: `printf(...)`, `exit()`."""

    span: Span
    expression: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """A new value for a map entry, or an update of its aggregation (`value` is then the aggregation's `Call`).

    `operator` is "=", or "+=" and its like with a value on the right that is combined with the old one.
    """

    span: Span
    target: Target
    value: Expression
    operator: str = "="


@dataclass(frozen=True, slots=True)
class Delete:
    """`delete @m[k]`, `delete(@m[k])`, `@m[k] = nil`; of members only `self->x`."""

    span: Span
    target: MapRef | Member


@dataclass(frozen=True, slots=True)
class If:
    """`if (condition) ... else ...`; `else if` is an `If` alone in `otherwise`."""

    span: Span
    condition: Expression
    then: "tuple[Statement, ...]"
    otherwise: "tuple[Statement, ...]" = ()


@dataclass(frozen=True, slots=True)
class Let:
    """`let x = 1`, `let u32 x = 1`, `let x: u32`: a variable of this block."""

    span: Span
    variable: Variable
    type: TypeName | None
    value: Expression | None


@dataclass(frozen=True, slots=True)
class Unroll:
    """`unroll (4) { ... }`: the body so many times."""

    span: Span
    count: Expression
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class While:
    """`while (condition) { ... }`."""

    span: Span
    condition: Expression
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class ForRange:
    """`for (i in a..b) { ... }`: from `low` up to, and without, `high`."""

    span: Span
    variable: Variable
    low: Expression
    high: Expression
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class ForMap:
    """`for (k, v in @map) { ... }`; `for (k in @map)` has no `value`."""

    span: Span
    key: Variable
    value: Variable | None
    map: MapRef
    body: "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class Jump:
    """`break`, `continue`, `return`."""

    span: Span
    kind: str


Statement = Evaluate | Assign | Delete | If | Let | Unroll | While | ForRange | ForMap | Jump


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """A probe as written: `kprobe:SyS_*`, `BEGIN`. `provider` is up to the first colon, `target` the rest."""

    span: Span
    provider: str
    target: str


@dataclass(frozen=True, slots=True)
class Clause:
    """Probes, an optional predicate, and what to do."""

    span: Span
    probes: tuple[ProbeSpec, ...]
    predicate: Expression | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """`const LIMIT = 4k`: a name for a value, anywhere in the script after it."""

    span: Span
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class MapDeclaration:
    """`let @m = hash(100_000)`: a map's kind and size."""

    span: Span
    name: str
    kind: str
    size: Expression


@dataclass(frozen=True, slots=True)
class OptionDeclaration:
    """`option pid = 0 "process to trace"`: what `--pid 12` behind the script gives, and `$pid` is in it."""

    span: Span
    name: str
    default: IntLiteral | StringLiteral
    help: str = ""


Declaration = Constant | MapDeclaration | OptionDeclaration


@dataclass(frozen=True, slots=True)
class Program:
    """A whole script."""

    source: Source
    clauses: tuple[Clause, ...]
    declarations: tuple[Declaration, ...] = ()

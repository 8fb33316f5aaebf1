"""The program as the user wrote it, in one form for both dialects: frozen nodes with spans.

`@[pid()].count()` and `@[pid] = count()` are the same `Assign(MapRef("@", (Call("pid"),)), Call("count"))`.
"""

from dataclasses import dataclass

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
    """A builtin: `pid`, `pid()`, `arg(2)`; `arg2` and `arg(2)` are both `Call("arg", (2,))`."""

    span: Span
    name: str
    arguments: "tuple[Expression, ...]" = ()


@dataclass(frozen=True, slots=True)
class MapRef:
    """A map or an entry of it: `@`, `@lat[pid]`. `name` has the `@`."""

    span: Span
    name: str
    keys: "tuple[Expression, ...]" = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$1`, `$#`, `$target`: known when the script is started; `name` is without the `$`."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `!x`, `~x`."""

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


Expression = IntLiteral | StringLiteral | Call | MapRef | Parameter | Unary | Binary | Ternary


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression as a statement: `printf(...)`, `exit()`."""

    span: Span
    expression: Expression


@dataclass(frozen=True, slots=True)
class Assign:
    """A new value for a map entry, or an update of its aggregation (`value` is then the aggregation's `Call`)."""

    span: Span
    target: MapRef
    value: Expression


@dataclass(frozen=True, slots=True)
class Delete:
    """`delete @m[k]`, `delete(@m[k])`, `@m[k] = nil`."""

    span: Span
    target: MapRef


@dataclass(frozen=True, slots=True)
class If:
    """`if (condition) ... else ...`; `else if` is an `If` alone in `otherwise`."""

    span: Span
    condition: Expression
    then: "tuple[Statement, ...]"
    otherwise: "tuple[Statement, ...]" = ()


Statement = Evaluate | Assign | Delete | If


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
class Program:
    """A whole script."""

    source: Source
    clauses: tuple[Clause, ...]

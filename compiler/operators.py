"""How tightly binary operators bind, as in C: `1 + 2 * 3`, a flat chain in the tree -> `1 + (2 * 3)`."""

from collections.abc import Sequence

from ..grammar.frozen import dataclass
from ..grammar.source import Span
from .ast import Binary, Expression

LEVELS = (
    ("||",),
    ("^^",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
PRECEDENCE = {operator: level for level, operators in enumerate(LEVELS) for operator in operators}


@dataclass(frozen=True, slots=True)
class Operand:
    """An expression and the place it takes, its parentheses included."""

    span: Span
    expression: Expression


def bind(operands: Sequence[Operand], operators: Sequence[str]) -> Expression:
    """The tree for `operands` with `operators` between them; all are left-associative."""
    waiting = [operands[0]]
    pending: list[str] = []
    for operator, operand in zip(operators, operands[1:], strict=True):
        while pending and PRECEDENCE[pending[-1]] >= PRECEDENCE[operator]:
            _reduce(waiting, pending)
        pending.append(operator)
        waiting.append(operand)
    while pending:
        _reduce(waiting, pending)
    return waiting[0].expression


def _reduce(waiting: list[Operand], pending: list[str]) -> None:
    """Puts the last two operands together with the last operator."""
    right, left = waiting.pop(), waiting.pop()
    span = left.span.to(right.span)
    waiting.append(Operand(span, Binary(span, pending.pop(), left.expression, right.expression)))

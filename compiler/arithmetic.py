"""One operator between two numbers: `combine(lower, ">>", left, right, signed=True)` is an arithmetic shift."""

from . import division
from .emitter import Arithmetic, Comparison, Scalar
from .function import Lowering

_ARITHMETIC: dict[str, tuple[Arithmetic, Arithmetic]] = {
    "+": ("add", "add"),
    "-": ("sub", "sub"),
    "*": ("mul", "mul"),
    "&": ("and", "and"),
    "|": ("or", "or"),
    "^": ("xor", "xor"),
    "<<": ("shl", "shl"),
    ">>": ("lshr", "ashr"),
}
_COMPARISONS: dict[str, tuple[Comparison, Comparison]] = {
    "==": ("eq", "eq"),
    "!=": ("ne", "ne"),
    "<": ("ult", "slt"),
    "<=": ("ule", "sle"),
    ">": ("ugt", "sgt"),
    ">=": ("uge", "sge"),
}


def combine(lower: Lowering, operator: str, left: Scalar, right: Scalar, signed: bool, safe: bool = False) -> Scalar:
    """`left operator right`; `safe` says that the right side is known not to be zero."""
    emit = lower.emit
    if operator in _COMPARISONS:
        return emit.compare(_COMPARISONS[operator][signed], left, right)
    if operator in ("/", "%"):
        return division.divide(lower, operator, left, right, signed, safe)
    if operator in ("<<", ">>"):
        right = emit.arithmetic("and", right, emit.constant(63))
    return emit.arithmetic(_ARITHMETIC[operator][signed], left, right)

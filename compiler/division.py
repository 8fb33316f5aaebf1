"""Division as this language defines it: C's signs, and a defined result by zero: x / 0 is 0, x % 0 is x, counted.

BPF divides unsigned only (before instruction set v4), and LLVM takes a zero divisor for something that never happens,
so both are spelled out. The smallest number divided by -1 is itself, as two's complement wraps.
"""

from .emitter import Arithmetic, Emitter, Scalar
from .function import Lowering


def divide(lower: Lowering, operator: str, left: Scalar, right: Scalar, signed: bool, safe: bool) -> Scalar:
    """`left / right` or `left % right`; `safe` says that the divisor is known not to be zero."""
    emit = lower.emit
    if safe:
        return _divide(emit, operator, left, right, signed)

    def by_zero() -> None:
        lower.lose("division by zero", f"{lower.where} divides by zero", "results", "they count as 0")

    # Without a branch around the division: paths that join again double the verifier's work.
    zero = emit.compare("eq", right, emit.constant(0))
    emit.when(zero, by_zero)
    result = _divide(emit, operator, left, emit.arithmetic("or", right, zero), signed)
    if operator == "/":
        return emit.arithmetic("and", result, emit.arithmetic("sub", zero, emit.constant(1)))
    return emit.arithmetic("or", result, emit.arithmetic("and", left, emit.arithmetic("sub", emit.constant(0), zero)))


def _divide(emit: Emitter, operator: str, left: Scalar, right: Scalar, signed: bool) -> Scalar:
    kind: Arithmetic = "udiv" if operator == "/" else "urem"
    if not signed:
        return emit.arithmetic(kind, left, right)
    left_sign, right_sign = _sign(emit, left), _sign(emit, right)
    result = emit.arithmetic(kind, _negate_if(emit, left, left_sign), _negate_if(emit, right, right_sign))
    sign = emit.arithmetic("xor", left_sign, right_sign) if operator == "/" else left_sign
    return _negate_if(emit, result, sign)


def _sign(emit: Emitter, value: Scalar) -> Scalar:
    """All ones for a negative number, else zero."""
    return emit.arithmetic("ashr", value, emit.constant(63))


def _negate_if(emit: Emitter, value: Scalar, sign: Scalar) -> Scalar:
    return emit.arithmetic("sub", emit.arithmetic("xor", value, sign), sign)

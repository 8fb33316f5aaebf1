"""Expressions whose value is known beforehand: `1 << 20` -> 1048576, by the language's own arithmetic."""

from .typed import Choice, Constant, Convert, Operation, TypedExpression
from .types import Int, Type, storage

_MASK = (1 << 64) - 1


def fold(expression: TypedExpression) -> Constant | None:
    """The expression as a constant; None where its value is not known beforehand."""
    match expression:
        case Constant():
            return expression
        case Operation(span=span, type=kind, operator=operator, left=left, right=right, signed=signed):
            first, second = fold(left), fold(right)
            if first is None or second is None:
                return None
            return Constant(span, kind, _fit(calculate(operator, first.value, second.value, signed), kind))
        case Convert(span=span, type=kind, operand=operand):
            value = fold(operand)
            return None if value is None else Constant(span, kind, _fit(value.value, kind))
        case Choice(condition=condition, then=then, otherwise=otherwise):
            test = fold(condition)
            return None if test is None else fold((then or condition) if test.value else otherwise)
    return None


def _fit(value: int, kind: Type) -> int:
    """A number as its type holds it."""
    stored = storage(kind)
    assert isinstance(stored, Int)
    return wrap(value, stored.bits, stored.signed)


def wrap(value: int, bits: int, signed: bool) -> int:
    """The low bits of a number, read as signed or unsigned."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def calculate(operator: str, left: int, right: int, signed: bool) -> int:
    """What the kernel half computes for `left operator right`, as a number that still has to be wrapped to 64 bits."""
    a, b = wrap(left, 64, signed), wrap(right, 64, signed)
    match operator:
        case "+" | "-" | "*" | "&" | "|" | "^":
            return {"+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b}[operator]
        case "/":
            return 0 if b == 0 else _sign(a * b) * (abs(a) // abs(b))
        case "%":
            return a if b == 0 else _sign(a) * (abs(a) % abs(b))
        case "<<":
            return a << (b & 63)
        case ">>":
            return a >> (b & 63)
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return int({"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])
        case "&&":
            return int(bool(a) and bool(b))
        case "||":
            return int(bool(a) or bool(b))
        case "^^":
            return int(bool(a) != bool(b))
    raise AssertionError(f"there is no operator {operator}")


def _sign(value: int) -> int:
    return -1 if value < 0 else 1

"""Formats and the values for them, checked against each other before anything runs.

printf("%5d: %s\\n", pid, comm)   ->   (Conversion("", 5, -1, "d", 32), ": ", ...), (pid, comm)
"""

from collections.abc import Sequence

from ..grammar.frozen import replace
from .effects import Conversion
from .format_text import FLOATS, INTEGERS, pieces
from .function import Complaint
from .typed import Text, TypedExpression
from .types import Bytes, Int, Pointer, Str, Type, describe, storage

Pieces = tuple[str | Conversion, ...]


def formatted(arguments: Sequence[TypedExpression]) -> tuple[Pieces, tuple[TypedExpression, ...]]:
    """The format that is the first argument, and the values for its conversions; Complaint where they do not fit."""
    layout, *values = arguments
    assert isinstance(layout, Text)
    parts = pieces(layout.value)
    conversions = [part for part in parts if isinstance(part, Conversion)]
    if len(conversions) != len(values):
        wanted, given = _count(conversions, "conversion"), _count(values, "value")
        raise Complaint(
            "format-arguments",
            f"the format has {wanted}, but is given {given}",
            "each `%` conversion takes one value; write `%%` for a percent sign",
        )
    pairs = zip(conversions, values, strict=True)
    fitted = iter([_fitted(*pair, place) for place, pair in enumerate(pairs, start=1)])
    return tuple(next(fitted) if isinstance(part, Conversion) else part for part in parts), tuple(values)


def _count(items: Sequence[object], what: str) -> str:
    return f"{len(items)} {what}{'s' * (len(items) != 1)}"


def _fitted(conversion: Conversion, value: TypedExpression, index: int) -> Conversion:
    """The conversion with its width in bits, if it can show such a value."""
    kind = conversion.kind
    number = isinstance(value.type, Int | Pointer)
    raw = isinstance(storage(value.type), Bytes | Str)
    fits = number if kind in INTEGERS + FLOATS + "p" else raw if kind == "r" else kind == "v" or not number
    if not fits:
        better = "%d" if number else "%s"
        raise Complaint(
            "format-type",
            f"`%{kind}` cannot show a value of type {describe(value.type)}",
            f"write `{better}`, or `%v` for any value",
            index=index,
        )
    return conversion if conversion.bits else replace(conversion, bits=_bits(kind, value.type))


def _bits(kind: str, value: Type) -> int:
    """How many bits a conversion without a length shows: 32 as in C, but a decimal number is never cut."""
    stored = storage(value)
    narrow = isinstance(stored, Int) and stored.bits <= 32
    return 32 if kind in "xXo" or (kind == "u" and narrow) else 64

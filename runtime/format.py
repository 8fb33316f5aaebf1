"""printf as C does it, on values: every field of an event meets its conversion.

    pieces of "%4s(%d)\\n" and ("dd", 7) -> "  dd(7)\\n"

Literal pieces come from the script and pass as they are; text from traced programs goes through `escape` (identity
for formats that keep the true text, such as JSON). Of a number the conversion's low bits are shown, and wrap: with 64
`%u` of -1 is 18446744073709551615, `%d` of 2^64-1 is -1. Where C and we differ: `%p` of 0 is `0x0`, `%v` shows any
value in its natural text, `%r` raw bytes, precision and width of text count characters and columns instead of bytes,
and a value that does not fit its conversion (a failed read under `%d`) shows its natural text.
"""

from collections.abc import Callable, Sequence

from ..compiler.effects import Conversion
from ..compiler.types import NO_UNIT, Units
from ..compiler.values import Stack, Value
from .escape import columns
from .show import Escape, show

Formatter = Callable[[Sequence[Value]], str]

_DIGITS = {"d": "d", "i": "d", "u": "d", "x": "x", "X": "X", "o": "o", "p": "x"}


def printf(pieces: Sequence[str | Conversion], escape: Escape, units: Sequence[Units] = ()) -> Formatter:
    """A function from values, one for each conversion in order, to text. Build it once for an event.

    `units` is what each of them measures, or nothing; `%v` alone shows it.
    """
    template = "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces)
    conversions = [piece for piece in pieces if isinstance(piece, Conversion)]
    known = units or (NO_UNIT,) * len(conversions)
    renderers = [_renderer(each, escape, unit) for each, unit in zip(conversions, known, strict=True)]

    def render(values: Sequence[Value]) -> str:
        return template % tuple([one(value) for one, value in zip(renderers, values, strict=True)])

    return render


def format_printf(pieces: Sequence[str | Conversion], values: Sequence[Value], escape: Escape) -> str:
    """The text of one printf; `printf` is the quicker way where there are many."""
    return printf(pieces, escape)(values)


def format_print(values: Sequence[Value], escape: Escape, units: Sequence[Units] = ()) -> str:
    """The text of `print(a, b)`: natural texts, separated by commas, and a line end."""
    known = units or (NO_UNIT,) * len(values)
    return ", ".join([show(value, escape, unit) for value, unit in zip(values, known, strict=True)]) + "\n"


def _renderer(conversion: Conversion, escape: Escape, units: Units) -> Callable[[Value], str]:
    """A function from one value to its text, padded."""
    text = _text(conversion, escape, units if conversion.kind == "v" else "")
    match conversion.kind:
        case "s" | "v" | "r":
            return text
        case "c":
            number = _character(conversion, escape)
        case "e" | "E" | "f" | "F" | "g" | "G":
            return _float(conversion, text)
        case _:
            number = _plain_integer(conversion) or _integer(conversion)

    def render(value: Value) -> str:
        if type(value) is int:
            return number(value)
        return number(int(value)) if isinstance(value, float) else text(value)

    return render


def _text(conversion: Conversion, escape: Escape, units: Units) -> Callable[[Value], str]:
    """Natural text; the precision of `%s` and `%r` cuts strings, before they are escaped. Stacks are never padded."""
    longest = conversion.precision if conversion.kind != "v" and conversion.precision >= 0 else None

    def render(value: Value) -> str:
        if type(value) is str:
            return _pad(conversion, escape(value[:longest]))
        if type(value) is bytes and conversion.kind == "r":
            return _pad(conversion, escape(value.decode("ascii", "surrogateescape")[:longest]))
        natural = show(value, escape, units)
        return natural if isinstance(value, Stack) else _pad(conversion, natural)

    return render


def _character(conversion: Conversion, escape: Escape) -> Callable[[int], str]:
    """The low byte as a character; a byte beyond ASCII stays that byte."""

    def render(value: int) -> str:
        return _pad(conversion, escape(bytes([value & 0xFF]).decode("ascii", "surrogateescape")))

    return render


def _float(conversion: Conversion, text: Callable[[Value], str]) -> Callable[[Value], str]:
    """A number with a decimal point, as Python's own `%` formats it: as C does."""
    width = str(conversion.width or "")
    precision = f".{conversion.precision}" if conversion.precision >= 0 else ""
    template = f"%{conversion.flags}{width}{precision}{conversion.kind}"
    return lambda value: template % value if isinstance(value, int | float) else text(value)


def _plain_integer(conversion: Conversion) -> Callable[[int], str] | None:
    """The common cases, which Python's own `%` formats as C does; None for the others."""
    kind, flags, precision = conversion.kind, conversion.flags, conversion.precision
    if kind == "p" or "#" in flags or precision == 0:
        return None
    signed, mask, half = kind in "di", (1 << conversion.bits) - 1, 1 << (conversion.bits - 1)
    ignored = ("" if signed else "+ ") + ("0" if precision > 0 else "")
    kept = "".join(flag for flag in flags if flag not in ignored)
    template = f"%{kept}{conversion.width or ''}{f'.{precision}' if precision > 0 else ''}{_DIGITS[kind]}"
    if signed:
        return lambda value: template % (((value + half) & mask) - half)
    return lambda value: template % (value & mask)


def _integer(conversion: Conversion) -> Callable[[int], str]:
    """Sign or prefix, then digits: the flags, width and precision of C (C17 7.21.6.1)."""
    kind, flags, width, precision = conversion.kind, conversion.flags, conversion.width, conversion.precision
    code, signed, mask = _DIGITS[kind], kind in "di", (1 << conversion.bits) - 1
    sign = ("+" if "+" in flags else " " if " " in flags else "") if signed else ""
    prefix = "0" + code if kind == "p" or ("#" in flags and kind in "xX") else ""
    zeros = width if "0" in flags and "-" not in flags and precision < 0 else 0

    def render(value: int) -> str:
        bits = value & mask
        negative = signed and bits > mask >> 1
        head = "-" if negative else sign or (prefix if bits or kind == "p" else "")
        digits = format(mask + 1 - bits if negative else bits, code) if bits or precision else ""
        digits = digits.rjust(precision, "0")
        if kind == "o" and "#" in flags and not digits.startswith("0"):
            digits = "0" + digits
        return _pad(conversion, head + digits.rjust(zeros - len(head), "0"))

    return render


def _pad(conversion: Conversion, text: str) -> str:
    """At least `width` columns, to the left with the flag `-`."""
    missing = conversion.width - columns(text) if conversion.width else 0
    if missing <= 0:
        return text
    return text + " " * missing if "-" in conversion.flags else " " * missing + text

"""What user space does when an event arrives: a closed set, matched exhaustively in `runtime/events.py`."""

from ..grammar.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Conversion:
    """One `%` conversion: `flags` of "-0+ #", minimum `width`, `precision` or -1, `kind` of `format_text.KINDS`.

    Of a number the low `bits` are shown.
    """

    flags: str
    width: int
    precision: int
    kind: str
    bits: int = 64


@dataclass(frozen=True, slots=True)
class Printf:
    """Format the event's fields: `pieces` are literal texts and conversions in order, one field a conversion."""

    pieces: tuple[str | Conversion, ...]


@dataclass(frozen=True, slots=True)
class Print:
    """Print the event's fields separated by ", ", and a line end."""


@dataclass(frozen=True, slots=True)
class PrintMap:
    """Print a map as it is now; `top` is how many rows, 0 for all."""

    map: str
    top: int = 0


@dataclass(frozen=True, slots=True)
class ClearMap:
    """Empty a map."""

    map: str


@dataclass(frozen=True, slots=True)
class ZeroMap:
    """Set all values of a map to zero; its keys stay."""

    map: str


@dataclass(frozen=True, slots=True)
class ShowTime:
    """Print the time of day of the event, in the format of strftime(3)."""

    layout: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Run the formatted text as a shell command and print what it prints: only with `--unsafe`."""

    pieces: tuple[str | Conversion, ...]


@dataclass(frozen=True, slots=True)
class Cat:
    """Print the file whose path is the formatted text: only with `--unsafe`."""

    pieces: tuple[str | Conversion, ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """End the run with the status in the event's only field."""


Effect = Printf | Print | PrintMap | ClearMap | ZeroMap | ShowTime | Shell | Cat | Exit

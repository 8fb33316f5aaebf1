r"""Formats of printf as data: `b"%5d: %s\n"` -> `(Conversion(width=5, kind="d"), ": ", Conversion(kind="s"), "\n")`."""

import re

from .effects import Conversion
from .function import Complaint

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d{0,5})(?:\.(?P<precision>\d{0,5}))?(?P<length>hh|h|ll|l|j|z|t|q|L)?(?P<kind>.?)",
    re.DOTALL,
)
_LENGTHS = {"hh": 8, "h": 16, "l": 64, "ll": 64, "j": 64, "z": 64, "t": 64, "q": 64, "L": 64}
INTEGERS = "diuxXoc"
FLOATS = "eEfFgG"
KINDS = INTEGERS + FLOATS + "psrv"
"""`p` is an address, `s` and `r` are text (`r` for raw bytes), `v` is any value in its natural text."""
_WIDEST = 4096


def pieces(layout: bytes) -> tuple[str | Conversion, ...]:
    """Literal texts and conversions in order; raises Complaint for a conversion that there is not.

    `bits` of a conversion is zero where the format has no length (`%d`, but not `%ld`).
    """
    text = layout.decode("utf-8", "surrogateescape")
    found: list[str | Conversion] = []
    literal, position = "", 0
    for match in _CONVERSION.finditer(text):
        if match.start() < position:
            continue
        literal += text[position : match.start()]
        position = match.end()
        if match["kind"] == "%":
            literal += "%"
            continue
        found += [literal] if literal else []
        literal = ""
        found.append(_conversion(match))
    literal += text[position:]
    return (*found, literal) if literal else tuple(found)


def _conversion(match: re.Match[str]) -> Conversion:
    if match["kind"] == "*":
        help = "write the number into the format: `%8d`"
        raise Complaint("format-conversion", "`*` takes a width from the arguments, which there is not", help, index=0)
    if not match["kind"] or match["kind"] not in KINDS:
        raise Complaint(
            "format-conversion",
            f"`{match[0]}` is not a conversion",
            "there are %d %i %u %x %X %o %c %p %e %f %g %s, %r for raw bytes, %v for any value; "
            "write `%%` for a percent sign",
            index=0,
        )
    width, precision = int(match["width"] or 0), -1
    if match["precision"] is not None:
        precision = int(match["precision"] or 0)
    if max(width, precision) > _WIDEST:
        raise Complaint("format-conversion", f"`{match[0]}` is wider than {_WIDEST} columns", index=0)
    return Conversion(match["flags"], width, precision, match["kind"], _LENGTHS.get(match["length"] or "", 0))

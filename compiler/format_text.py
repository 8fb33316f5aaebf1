r"""Formats of printf as data: `b"%5d: %s\n"` -> `(Conversion(width=5, kind="d"), ": ", Conversion(kind="s"), "\n")`."""

import re

from .effects import Conversion
from .function import Complaint

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?:hh|h|ll|l|j|z|t|q)?(?P<kind>.?)"
)
KINDS = "diuxXocspv"


def pieces(layout: bytes) -> tuple[str | Conversion, ...]:
    """Literal texts and conversions in order; raises Complaint for a conversion that there is not."""
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
    if not match["kind"] or match["kind"] not in KINDS:
        raise Complaint(
            "format-conversion",
            f"`{match[0]}` is not a conversion",
            "there are %d %u %x %o %c %s %p %v; write `%%` for a percent sign",
            index=0,
        )
    precision = -1 if match["precision"] is None else int(match["precision"] or 0)
    return Conversion(match["flags"], int(match["width"] or 0), precision, match["kind"])

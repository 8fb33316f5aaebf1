"""The value of a number as written: `0x10` -> 16, `10ms` -> 10000000 "ns", `4KiB` -> 4096 "bytes".

Integers are 64 bits wide: up to 2**64 - 1. A size counts in powers of 1024 whatever its spelling, as in C's ply.
"""

import re

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.source import Span
from .ast import IntLiteral
from .types import Unit

LARGEST = 2**64 - 1
MOST_DIGITS = 64

TIME = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
SCALE = {"k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SUFFIXES: dict[str, tuple[int, Unit]] = {
    "": (1, ""),
    **{suffix: (factor, "ns") for suffix, factor in TIME.items()},
    **{suffix: (factor, "") for suffix, factor in SCALE.items()},
    "B": (1, "bytes"),
    **{suffix + b: (factor, "bytes") for suffix, factor in SCALE.items() for b in ("B", "iB")},
}
SUFFIX_HELP = "units are ns us ms s m h for times, k M G T for sizes, and B KiB MiB GiB TiB for sizes in bytes"

BASES = {"x": (16, "0-9a-fA-F", "a hexadecimal"), "o": (8, "0-7", "an octal"), "b": (2, "01", "a binary")}
DECIMAL = re.compile(r"(?P<digits>[0-9](?:_?[0-9])*)(?:[eE](?P<exponent>[0-9]+))?(?P<suffix>[A-Za-z]*)")


def integer(span: Span, text: str) -> IntLiteral:
    """The literal for a NUMBER token; raises `CompileError` where it is none or does not fit."""
    if "." in text:
        help = "write it in a smaller unit: `1500us` for 1.5ms" if text[-1].isalpha() else "numbers are integers"
        raise _bad(span, f"`{_short(text)}` is a fraction", help)
    if text[0] == "0" and text[1:2].lower() in BASES and text != "0B":  # which is no bytes
        base, digits, name = BASES[text[1].lower()]
        return IntLiteral(span, _digits(span, text, 2, base, digits, name))
    if re.match(r"0[0-9_]", text):
        return IntLiteral(span, _digits(span, text, 1, 8, "0-7", "an octal"))
    return _decimal(span, text)


def _digits(span: Span, text: str, prefix: int, base: int, allowed: str, name: str) -> int:
    """The value of `text` after its prefix, in a base other than ten."""
    digits = text[prefix:]
    if stranger := re.search(f"[^{allowed}_]", digits):
        at = Span(span.start + prefix + stranger.start(), span.start + prefix + stranger.end())
        help = "a leading `0` means octal: leave it out for a decimal number" if prefix == 1 else ""
        raise _bad(at, f"`{stranger[0]}` is not {name} digit", help)
    if not re.fullmatch(f"_?[{allowed}](?:_?[{allowed}])*", digits):
        raise _bad(
            span, f"`{_short(text)}` is not {name} number", "digits follow the prefix; `_` stands between two of them"
        )
    return _fitting(span, digits, base)


def _decimal(span: Span, text: str) -> IntLiteral:
    match = DECIMAL.fullmatch(text)
    if match is None:
        raise _bad(
            span, f"`{_short(text)}` is not a number", "`_` stands between two digits; a name starts with a letter"
        )
    if match["suffix"] not in SUFFIXES:
        help = SUFFIX_HELP
        if match["suffix"].lower() in ("u", "l", "ul", "ull", "ll"):
            help = "leave it out: every integer has 64 bits"
        at = Span(span.start + match.start("suffix"), span.end)
        raise _bad(at, f"`{match['suffix']}` is not a unit", help)
    factor, unit = SUFFIXES[match["suffix"]]
    value = _fitting(span, match["digits"], 10)
    if match["exponent"] and value:
        value *= 10 ** min(int(match["exponent"][:MOST_DIGITS]), MOST_DIGITS)
    return IntLiteral(span, _checked(span, value * factor), unit)


def _fitting(span: Span, digits: str, base: int) -> int:
    """The value of digits, without handing a program's length to Python's unbounded integers."""
    digits = digits.replace("_", "").lstrip("0") or "0"
    return _checked(span, int(digits, base) if len(digits) <= MOST_DIGITS else LARGEST + 1)


def _checked(span: Span, value: int) -> int:
    if value <= LARGEST:
        return value
    raise CompileError(
        Diagnostic(
            "integer-too-large",
            "this integer does not fit into 64 bits",
            span,
            help=f"the largest is {LARGEST} (0x{LARGEST:x})",
        )
    )


def _bad(span: Span, message: str, help: str) -> CompileError:
    return CompileError(Diagnostic("bad-number", message, span, help))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."

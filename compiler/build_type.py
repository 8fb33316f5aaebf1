"""C types as written -> TypeName: `const char *` is `char` with one pointer, `long unsigned int` is `unsigned long`.

Words of C are put into one order, so that later stages know each type by one name; what it means is theirs to say.
"""

from collections import Counter

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.source import Span
from .ast import TypeName

QUALIFIERS = frozenset({"const", "volatile"})
C_WORDS = frozenset({"signed", "unsigned", "short", "long", "int", "char"})
SIZES = {
    (): "int",
    ("int",): "int",
    ("short",): "short",
    ("int", "short"): "short",
    ("long",): "long",
    ("int", "long"): "long",
    ("long", "long"): "long long",
    ("int", "long", "long"): "long long",
    ("char",): "char",
}


def type_name(span: Span, text: str, pointers: int, length: int | None) -> TypeName:
    """The type for its words, the number of `*` behind them, and the number in `[ ]`; raises `CompileError`."""
    words = [word for word in text.split() if word not in QUALIFIERS]
    name = " ".join(words)
    if C_WORDS.issuperset(words):
        counted = Counter(words)
        signs = counted["signed"] + counted["unsigned"]
        size = SIZES.get(tuple(sorted(word for word in words if word not in ("signed", "unsigned"))))
        if size is None or signs > 1:
            raise _bad(span, f"`{name}` is no type of C", "as in C: `unsigned long`, `long long`, `signed char`")
        signed = "signed " if counted["signed"] and size == "char" else ""
        name = f"unsigned {size}" if counted["unsigned"] else f"{signed}{size}"
    if length == 0:
        raise _bad(span, "an array has at least one item", f"for an address, write `({name} *)`")
    return TypeName(span, name, pointers, length or 0)


def _bad(span: Span, message: str, help: str) -> CompileError:
    return CompileError(Diagnostic("bad-type", message, span, help))

"""Rules for loops of C, bpftrace and others: how they are spelled here.

`for (i = 0; i < n; i++) {` -> `unsupported-loop`: write `for (i in 0..n) { ... }`
"""

from .diagnostic import Diagnostic
from .failure import Failure

WORDS = frozenset({"foreach", "do", "until", "loop", "repeat"})
OVER_MAP = "`for (key, value in @map) { ... }`"
OVER_RANGE = "`for (i in 0..10) { ... }`"


def _other_for(failure: Failure) -> Diagnostic | None:
    """`for (i = 0;`, `for ($kv : @m)`, `for ((k, v) in @m)`: anything else before the `in`."""
    if failure.head.kind != "FOR" or "_IN" in [lexeme.kind for lexeme in failure.statement]:
        return None
    help = f"write {OVER_RANGE}, or `while (condition) {{ ... }}`"
    if failure.found.kind in ("COLON", "LPAR"):
        help = f"write {OVER_MAP}"
    return Diagnostic("unsupported-loop", "this is not how a `for` starts here", failure.found.span, help)


def _open_range(failure: Failure) -> Diagnostic | None:
    """`for (i in 0...9)` and `for (i in 0..=9)`."""
    if failure.last.kind != "_RANGE" or failure.found.text not in (".", "="):
        return None
    help = "a range ends before its second number: `0..10` is 0 to 9"
    return Diagnostic("unsupported-loop", "ranges are written with two dots", failure.found.span, help)


def _other_loop(failure: Failure) -> Diagnostic | None:
    """`do {`, `foreach (k in @m)`: a loop looks like a call until its block opens."""
    word = failure.head if failure.found.kind == "_IN" else failure.last
    if failure.found.text == "{" and failure.last.kind == "RPAR":
        word = failure.closed_head
    if word.kind != "NAME" or word.text not in WORDS or failure.found.text not in ("{", ";", "in"):
        return None
    help = f"write `while (condition) {{ ... }}`, {OVER_RANGE} or {OVER_MAP}"
    return Diagnostic("unsupported-loop", f"there is no `{word.text}` loop", word.span, help)


LOOP_RULES = (_other_for, _open_range, _other_loop)

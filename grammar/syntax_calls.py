"""Rules for parentheses, dots and brackets that are missing or not needed around calls, maps and conditions.

`printf "x"` -> `missing-parentheses`: a call needs parentheses: `printf(...)`
"""

from .diagnostic import Diagnostic
from .failure import Failure
from .source import Span

HEADS = {
    "_IF": ("the condition of an `if`", "if (condition) { ... }"),
    "WHILE": ("the condition of a `while`", "while (condition) { ... }"),
    "UNROLL": ("the number of an `unroll`", "unroll (4) { ... }"),
    "FOR": ("the head of a `for`", "for (i in 0..10) { ... }"),
    "SIZEOF": ("`sizeof`", "sizeof(struct page)"),
    "OFFSETOF": ("`offsetof`", "offsetof(struct page, flags)"),
}


def _bare_call(failure: Failure) -> Diagnostic | None:
    """`printf "x"` and `print @x`: a name with a value right behind it in the same line."""
    if failure.last.kind != "NAME" or failure.on_new_line or "LPAR" not in failure.expected:
        return None
    if failure.found.kind not in ("STRING", "CHARACTER", "NUMBER", "MAP", "PARAMETER"):
        return None
    name = failure.last.text
    return Diagnostic(
        "missing-parentheses",
        f"a call needs parentheses: `{name}(...)`",
        failure.last.span.to(failure.found.span),
        help=f"write `{name}({failure.found.text})`" if len(failure.found.text) < 40 else "",
    )


def _pointer_method(failure: Failure) -> Diagnostic | None:
    """`p->f()`, and `args.f(1)`, which is for build_ast to refuse."""
    if failure.found.kind != "LPAR" or len(failure.before) < 2 or failure.before[-2].kind != "ARROW":
        return None
    name = failure.last.text
    return Diagnostic(
        "unexpected-token",
        "`(` cannot stand here: a pointer has members, but no functions",
        failure.found.span,
        help=f"write `f(p->{name})`, or `p->{name}` for the member",
    )


def _numbered_map(failure: Failure) -> Diagnostic | None:
    """`@1 = 3`."""
    if failure.last.text != "@" or failure.found.kind != "NUMBER" or not failure.adjacent:
        return None
    return Diagnostic(
        "bad-name",
        f"`@{failure.found.text}` is not the name of a map",
        failure.last.span.to(failure.found.span),
        help=f"a name starts with a letter or `_`; for a key, write `@[{failure.found.text}]`",
    )


def _bare_head(failure: Failure) -> Diagnostic | None:
    """`if pid == 3 { ... }`, `for i in 0..3`, `sizeof x`."""
    if failure.last.kind not in HEADS or failure.found.kind == "LPAR":
        return None
    what, help = HEADS[failure.last.kind]
    span = Span(failure.last.span.start, max(failure.found.span.end, failure.last.span.end))
    return Diagnostic("missing-parentheses", f"{what} needs parentheses", span, help=f"write `{help}`")


def _missing_dot(failure: Failure) -> Diagnostic | None:
    """`@[pid] count()`."""
    if failure.found.kind != "NAME" or "DOT" not in failure.expected or not failure.follows("("):
        return None
    if failure.on_new_line or failure.last.kind not in ("RSQB", "MAP"):
        return None
    name = failure.found.text
    return Diagnostic(
        "missing-dot",
        f"what links the map and `{name}`?",
        failure.gap,
        help=f"write `.{name}(...)` right behind the map, or `= {name}(...)`",
    )


CALL_RULES = (_bare_call, _pointer_method, _bare_head, _numbered_map, _missing_dot)

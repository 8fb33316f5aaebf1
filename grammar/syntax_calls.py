"""Rules for parentheses, dots and brackets that are missing or not needed around calls, maps and conditions.

`printf "x"` -> `missing-parentheses`: a call needs parentheses: `printf(...)`
"""

from .diagnostic import Diagnostic
from .failure import Failure
from .source import Span


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


def _bare_method(failure: Failure) -> Diagnostic | None:
    """`@x.count;` and `args.fd`: a name behind a dot without parentheses."""
    if len(failure.before) < 3 or failure.last.kind != "NAME" or failure.before[-2].kind != "DOT":
        return None
    name, target = failure.last.text, failure.before[-3]
    if target.kind in ("MAP", "RSQB"):
        return Diagnostic(
            "missing-parentheses",
            f"an update needs parentheses: `.{name}()`",
            failure.last.span,
            help=f"write `.{name}()`",
        )
    return Diagnostic(
        "unsupported-operator",
        f"{target.shown} has no members",
        failure.before[-2].span.to(failure.last.span),
        help="only a map takes a dot, to update it: `@x.count()`",
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


def _bare_condition(failure: Failure) -> Diagnostic | None:
    """`if pid == 3 { ... }`."""
    if failure.last.kind != "_IF" or failure.found.kind == "LPAR":
        return None
    return Diagnostic(
        "missing-parentheses",
        "the condition of an `if` needs parentheses",
        Span(failure.last.span.start, max(failure.found.span.end, failure.last.span.end)),
        help="write `if (condition) { ... }`",
    )


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


def _keys(failure: Failure) -> Diagnostic | None:
    """`@x[1][2]` and `args[0]`."""
    if failure.found.kind != "LSQB" or not failure.after_value:
        return None
    help = "only a map has keys: `@name[key]`; argument 0 is `arg(0)`"
    if failure.last.kind == "RSQB":
        help = "all keys go into one pair of brackets: `@x[1, 2]`"
    return Diagnostic("unexpected-token", "`[` cannot stand here", failure.found.span, help)


CALL_RULES = (_bare_call, _bare_method, _bare_condition, _numbered_map, _missing_dot, _keys)

"""Rules for what people bring from C, awk, DTrace and bpftrace: how it is spelled here.

`@x++` -> `unsupported-operator`: to count, write `@x.count()`
"""

from .diagnostic import Diagnostic
from .failure import Failure, Lexeme
from .source import Span

WORD_OPERATORS = {"and": "&&", "or": "||", "xor": "^^", "eq": "==", "ne": "!=", "is": "==", "matches": "=="}
LOOPS = frozenset({"while", "for", "unroll", "foreach"})
DEFINITIONS = frozenset({"function", "func", "def", "sub", "macro", "fn", "struct", "typedef", "translator", "inline"})
ELSE_IFS = frozenset({"elif", "elsif", "elseif"})


def _step_operator(failure: Failure) -> Diagnostic | None:
    """`@x++;`, which the lexer sees as `@x + +`."""
    if len(failure.before) < 2 or failure.last.text not in ("+", "-"):
        return None
    first = failure.before[-2]
    if first.kind != "BINARY" or first.text != failure.last.text or first.span.end != failure.last.span.start:
        return None
    operator = failure.last.text * 2
    return Diagnostic(
        "unsupported-operator",
        f"there is no `{operator}`",
        first.span.to(failure.last.span),
        help="to count events, write `@x.count()` or `@x = count()`, which loses no update on any CPU",
    )


def _compound_assignment(failure: Failure) -> Diagnostic | None:
    """`@x += y`, which the lexer sees as `@x + = y`."""
    if failure.found.kind != "EQUAL" or failure.last.kind != "BINARY" or not failure.adjacent:
        return None
    operator = failure.last.text
    help = "to add up values, write `@x.sum(value)` or `@x = sum(value)`"
    if operator in ("==", "!="):
        help = f"write `{operator}`"
    elif operator != "+":
        help = f"write it out: `@x = @x {operator} value`"
    return Diagnostic(
        "unsupported-operator", f"there is no `{operator}=`", failure.last.span.to(failure.found.span), help
    )


def _arrow(failure: Failure) -> Diagnostic | None:
    if failure.last.text != "-" or failure.found.text != ">" or not failure.adjacent:
        return None
    return Diagnostic(
        "unsupported-operator",
        "there is no `->` yet",
        failure.last.span.to(failure.found.span),
        help="read memory with `mem(address, format)`; keep values between probes in a map: `@start[pid] = time()`",
    )


def _word_operator(failure: Failure) -> Diagnostic | None:
    """`pid == 1 and uid == 0`, or awk's `comm ~ "x"`."""
    word = failure.found.text
    if not failure.after_value or (word not in WORD_OPERATORS and word != "~"):
        return None
    operator = WORD_OPERATORS.get(word, "==")
    return Diagnostic(
        "unsupported-operator", f"there is no operator `{word}`", failure.found.span, help=f"write `{operator}`"
    )


def _loop(failure: Failure) -> Diagnostic | None:
    """`while (c) {`: a loop looks like a call until its block opens."""
    word = failure.last
    if failure.found.text in ("{", ";", "="):
        word = _called(failure)
    if word.kind != "NAME" or word.text not in LOOPS:
        return None
    return Diagnostic(
        "unsupported-loop",
        f"there is no `{word.text}` loop",
        word.span,
        help="a clause runs once for every event; let a map add up over the events",
    )


def _called(failure: Failure) -> Lexeme:
    """The name before the parenthesis that was closed last, or that is open."""
    depth = 0
    for index in range(len(failure.before) - 1, 0, -1):
        match failure.before[index].kind:
            case "RPAR":
                depth += 1
            case "LPAR" if depth <= 1:
                return failure.before[index - 1]
            case "LPAR":
                depth -= 1
            case "LBRACE" | "_ANGLE_OPEN":
                break
    return failure.last


def _definition(failure: Failure) -> Diagnostic | None:
    if "PROBE" not in failure.expected or failure.found.text not in DEFINITIONS or failure.opened:
        return None
    return Diagnostic(
        "unsupported-definition",
        f"there is no `{failure.found.text}` here: a program is made of clauses only",
        failure.found.span,
        help="write `provider:name { ... }` for each event",
    )


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


def _else_if(failure: Failure) -> Diagnostic | None:
    if failure.found.text not in ELSE_IFS or "ELSE" not in failure.expected:
        return None
    return Diagnostic(
        "unexpected-token",
        f"`{failure.found.text}` cannot stand here",
        failure.found.span,
        help="write `else if (...)`",
    )


HABIT_RULES = (
    _step_operator,
    _compound_assignment,
    _arrow,
    _word_operator,
    _loop,
    _definition,
    _bare_call,
    _bare_method,
    _numbered_map,
    _bare_condition,
    _else_if,
)

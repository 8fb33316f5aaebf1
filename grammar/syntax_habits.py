"""Rules for what people bring from C, awk, DTrace and bpftrace: how it is spelled here.

`@x++` -> `unsupported-operator`: to count, write `@x.count()`
"""

from .diagnostic import Diagnostic
from .failure import VALUES, Failure, Lexeme

WORD_OPERATORS = {"and": "&&", "or": "||", "xor": "^^", "eq": "==", "ne": "!=", "is": "==", "matches": "=="}
LOOPS = frozenset({"while", "for", "unroll", "foreach"})
DEFINITIONS = frozenset({"function", "func", "def", "sub", "macro", "fn", "struct", "typedef", "translator", "inline"})
FOREIGN = dict.fromkeys(
    ("let", "var", "my", "local", "global"), "keep values in a map: `@x[tid] = value`"
) | dict.fromkeys(("return", "next", "goto", "break", "continue"), "put what should not always run into an `if`")
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
    if failure.found.text in ("{", ";", "=", ":"):
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


def _foreign_statement(failure: Failure) -> Diagnostic | None:
    """`let $x = 3` and `return 3`: a word with a value right behind it."""
    word = failure.last
    if word.kind != "NAME" or word.text not in FOREIGN or failure.found.kind not in VALUES or failure.on_new_line:
        return None
    return Diagnostic("unsupported-statement", f"there is no `{word.text}` statement", word.span, FOREIGN[word.text])


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
    _foreign_statement,
    _else_if,
)

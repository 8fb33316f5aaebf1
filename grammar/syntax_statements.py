"""Rules for what goes wrong inside a body: missing `;`, `,`, values, statements, and a `>` that closes nothing.

`{ @.count()` (line end) `@x.count() }` -> `missing-semicolon`: missing `;` after this statement
"""

from .diagnostic import Diagnostic, Label
from .failure import END, STATEMENTS, VALUES, Failure, Lexeme
from .syntax_clauses import BRACKET_RULES

WANT_VALUE = frozenset(
    {"LPAR", "LSQB", "BINARY", "UNARY", "STEP", "EQUAL", "UPDATE", "QMARK", "COLON", "COMMA", "DELETE", "_IN", "_RANGE"}
)
STATEMENT_HEADS = {
    "ELSE": "`else`",
    "_IF": "the condition",
    "WHILE": "the condition",
    "UNROLL": "the number of rounds",
    "FOR": "the head of the loop",
}
ANGLE_HELP = "`>` closes a `< >` block only where the next probe or the end of the program follows; or write `{ }`"


def _angle_block(failure: Failure) -> Diagnostic | None:
    """`< @.count() > read { }`: a `>` that was meant to close the block."""
    if failure.inside != "_ANGLE_OPEN" or failure.found.kind in (END, *VALUES):
        return None
    opener = failure.opened[-1]
    candidates = [*failure.before[failure.before.index(opener) :], failure.found]
    greater = next((lexeme for lexeme in reversed(candidates) if lexeme.text == ">"), None)
    if greater is None:
        return None
    return Diagnostic(
        "unclosed-angle-block",
        "this `>` is a comparison, so the block is not closed",
        greater.span,
        ANGLE_HELP,
        labels=(Label(opener.span, "opened here"),),
    )


def _assignment_in_expression(failure: Failure) -> Diagnostic | None:
    if failure.found.kind not in ("EQUAL", "UPDATE") or not failure.after_value:
        return None
    help = "to compare, write `==`"
    if [lexeme.kind for lexeme in failure.statement[:1]] == ["_LET"]:
        help = "a new variable has no old value: write `=`"
    return Diagnostic("assignment-in-expression", "an assignment is a statement of its own", failure.found.span, help)


def _missing_operand(failure: Failure) -> Diagnostic | None:
    """`@ = 1 + ;`, `f(1, )`, `@[]`, `if (a) }`: something else where a value or statement should start."""
    found, last = failure.found, failure.last
    if "NUMBER" not in failure.expected or found.kind == END or found.kind in STATEMENTS:
        return None
    if last.kind == "LSQB" and found.kind == "RSQB":
        of_map = failure.before[-2].kind == "MAP"
        message = f"this {'key' if of_map else 'index'} is empty"
        help = "a map without keys is `@name`" if of_map else ""
        return Diagnostic("missing-operand", message, last.span.to(found.span), help)
    if last.kind in WANT_VALUE:
        return Diagnostic("missing-operand", f"a value is missing after `{last.text}`", failure.gap)
    if last.kind in ("RPAR", "ELSE"):
        what = STATEMENT_HEADS.get(last.kind) or STATEMENT_HEADS.get(failure.closed_head.kind)
        if what is None:
            return Diagnostic("missing-operand", "a value is missing after this cast", failure.gap, "`(u32)value`")
        return Diagnostic(
            "missing-statement", f"a statement is missing after {what}", failure.gap, help="write `{ ... }`"
        )
    if found.kind == "BINARY" and failure.inside:
        return Diagnostic("missing-operand", f"a value is missing before `{found.text}`", found.span)
    return None


def _missing_semicolon(failure: Failure) -> Diagnostic | None:
    if "SEMICOLON" not in failure.expected or failure.found.kind not in STATEMENTS | {"UNARY"}:
        return None
    return Diagnostic(
        "missing-semicolon",
        "missing `;` after this statement",
        failure.gap,
        help="statements are separated by `;`, also at the end of a line",
    )


def _missing_comma(failure: Failure) -> Diagnostic | None:
    if "COMMA" not in failure.expected or failure.found.kind not in VALUES or not failure.opened:
        return None
    opener: Lexeme = failure.opened[-1]
    return Diagnostic(
        "missing-comma",
        f"missing `,` or operator before {failure.found.shown}",
        failure.gap,
        help="arguments and keys are separated by commas",
        labels=(Label(opener.span, "the list starts here"),),
    )


def _lonely_else(failure: Failure) -> Diagnostic | None:
    """An `else` where a statement starts, which the lexer takes for a name there."""
    word = failure.last if failure.last.text == "else" and failure.last.kind == "NAME" else failure.found
    if word.text != "else":
        return None
    return Diagnostic(
        "lonely-else",
        "this `else` has no `if`",
        word.span,
        help="`else` follows the statement or block of its `if` at once: no `;` after a `}`",
    )


STATEMENT_RULES = (
    _angle_block,
    _assignment_in_expression,
    _lonely_else,
    *BRACKET_RULES,
    _missing_operand,
    _missing_semicolon,
    _missing_comma,
)

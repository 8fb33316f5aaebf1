"""Rules for what people bring from C, awk, DTrace and bpftrace: how it is spelled here.

`pid == 1 and uid == 0` -> `unsupported-operator`: there is no operator `and`: write `&&`
"""

import re

from .diagnostic import Diagnostic
from .failure import VALUES, WORDS, Failure, Lexeme
from .source import Span

WORD_OPERATORS = {"and": "&&", "or": "||", "xor": "^^", "eq": "==", "ne": "!=", "is": "==", "matches": "=="}
DEFINITIONS = frozenset(
    {"function", "func", "def", "sub", "macro", "fn", "typedef", "translator", "provider", "import", "config"}
)
RECORDS = frozenset({"struct", "union", "enum"})
FOREIGN = dict.fromkeys(("var", "my", "local", "global", "auto"), "declare a variable with `let`: `let x = 3;`") | {
    "goto": "put what should not always run into an `if`",
}
ELSE_IFS = frozenset({"elif", "elsif", "elseif"})
TIMER = re.compile(r"(profile|tick)-(\d+)([a-z]*)")
TIMER_UNITS = dict.fromkeys(("s", "sec"), "s") | {
    "m": "m",
    "min": "m",
    "ms": "ms",
    "msec": "ms",
    "us": "us",
    "usec": "us",
}


def _compound_assignment(failure: Failure) -> Diagnostic | None:
    """`x &&= y` and `x === y`, which the lexer sees as `x && = y`."""
    if failure.found.kind != "EQUAL" or failure.last.kind != "BINARY" or not failure.adjacent:
        return None
    operator = failure.last.text
    help = f"write `{operator}`" if operator in ("==", "!=") else f"write it out: `x = x {operator} value`"
    return Diagnostic(
        "unsupported-operator", f"there is no `{operator}=`", failure.last.span.to(failure.found.span), help
    )


def _word_operator(failure: Failure) -> Diagnostic | None:
    """`pid == 1 and uid == 0`, or awk's `comm ~ "x"` and `pid in @m`."""
    word = failure.found.text
    if not failure.after_value or (word not in WORD_OPERATORS and word not in ("~", "in")):
        return None
    help = f"write `{WORD_OPERATORS.get(word, '==')}`"
    if word == "in":
        help = "whether a map has a key is `has_key(@map, key)`"
    return Diagnostic("unsupported-operator", f"there is no operator `{word}`", failure.found.span, help=help)


def _address_of(failure: Failure) -> Diagnostic | None:
    """`&x`."""
    if failure.found.text != "&" or "UNARY" not in failure.expected:
        return None
    help = "pointers are read as they are: `p->member`, `*p`, `str(p)`"
    return Diagnostic("unsupported-operator", "there is no `&` for an address", failure.found.span, help)


def _glued_step(failure: Failure) -> Diagnostic | None:
    """`1--1`, and `x` (line end) `++y`: the `--` belongs to what is before it."""
    if failure.last.kind != "STEP" or failure.found.kind not in VALUES or failure.on_new_line:
        return None
    operator = failure.last
    if len(failure.before) > 1 and "\n" in failure.source.cut(Span(failure.before[-2].span.end, operator.span.start)):
        gap = Span(failure.before[-2].span.end, failure.before[-2].span.end)
        help = "statements are separated by `;`, also at the end of a line"
        return Diagnostic("missing-semicolon", "missing `;` after this statement", gap, help)
    return Diagnostic(
        "glued-operator",
        f"this `{operator.text}` belongs to what is before it",
        operator.span,
        help=f"put a blank between its signs: `a {operator.text[0]} {operator.text[0]}b`",
    )


def _unknown_cast(failure: Failure) -> Diagnostic | None:
    """`(size)x`: what is between the parentheses is not known as a type."""
    if failure.found.kind not in VALUES or failure.on_new_line or "SEMICOLON" not in failure.expected:
        return None
    match [lexeme.kind for lexeme in failure.statement[-4:]]:
        case [*before, "LPAR", "NAME", "RPAR"] if before not in (["NAME"], ["TYPE"]):
            name = failure.before[-2]
            of = "NAME" if name.text in RECORDS else name.text
            help = f"a cast names a type: `(u32)x`, `(struct {of} *)x`, `({of} *)x`"
            return Diagnostic("bad-type", f"`{name.text}` is no type here", name.span, help)
    return None


def _type_as_value(failure: Failure) -> Diagnostic | None:
    """`(u32 + 1)` and `(struct foo p)`."""
    if failure.inside != "LPAR" or "RPAR" not in failure.expected or "BINARY" in failure.expected:
        return None
    words = [lexeme for lexeme in failure.before[failure.before.index(failure.opened[-1]) + 1 :] if lexeme.text != "*"]
    if [word.kind for word in words] != ["TYPE"]:
        return None
    help = f"in parentheses, a type stands alone: `({words[0].text})value`"
    return Diagnostic("bad-type", f"`{words[0].text}` is a type", words[0].span, help)


def _timer(failure: Failure) -> Diagnostic | None:
    """DTrace's `profile-99` and `tick-1s`."""
    match = TIMER.match(failure.source.text, failure.found.span.start)
    if match is None or "PROBE" not in failure.expected or failure.opened:
        return None
    word, number, unit = match.groups()
    probe = f"profile:{number}hz" if word == "profile" and unit in ("", "hz") else f"interval:{number}"
    if not probe.endswith("hz"):
        probe += TIMER_UNITS.get(unit, unit or "s")
    span = Span(*match.span())
    return Diagnostic("missing-provider", f"`{match[0]}` is not a probe", span, help=f"write `{probe}`")


def _definition(failure: Failure) -> Diagnostic | None:
    """`function f(x)`, `struct s {`, `inline int X = 3` where a clause starts."""
    word = failure.found.text.split(" ")[0]
    if "PROBE" not in failure.expected or failure.opened:
        return None
    help = "write `provider:name { ... }` for each event"
    if word in RECORDS:
        help = "types come from the kernel's BTF: `(struct task_struct *)p`"
    elif word == "inline":
        help = "a constant is declared by `const NAME = value;`"
    elif word not in DEFINITIONS:
        return None
    span = Span(failure.found.span.start, failure.found.span.start + len(word))
    message = f"there is no `{word}` here: a program is made of clauses, constants and sizes of maps"
    return Diagnostic("unsupported-definition", message, span, help)


def _foreign_statement(failure: Failure) -> Diagnostic | None:
    """`var x = 3` and `u32 x = 3`: a word with a name right behind it."""
    word, found = failure.last, failure.found
    if failure.on_new_line or found.kind not in VALUES or not failure.opened or len(failure.statement) > 3:
        return None
    words: list[Lexeme] = list(failure.statement)
    if words and words[0].text == "const":
        help = "constants are declared between clauses; in a clause, write `let x = ...`"
        return Diagnostic("misplaced-declaration", "a constant is declared outside of clauses", words[0].span, help)
    if [word.text for word in words] == ["option"] and found.kind == "NAME":
        help = "put it before the first clause"
        return Diagnostic("misplaced-declaration", "an option is declared outside of clauses", word.span, help)
    if words and (words[0].kind == "TYPE" or words[0].text in RECORDS) and all(word.kind in WORDS for word in words):
        help = "declare a variable with `let`: `let u32 x = ...`, or just assign it"
        return Diagnostic("missing-let", "a variable of this type is declared with `let`", words[0].span, help)
    if word.kind != "NAME" or word.text not in FOREIGN:
        return None
    return Diagnostic("unsupported-statement", f"there is no `{word.text}` statement", word.span, FOREIGN[word.text])


def _several_deleted(failure: Failure) -> Diagnostic | None:
    """`delete @a, @b`."""
    if failure.found.kind != "COMMA" or not failure.statement or failure.statement[0].kind != "DELETE":
        return None
    help = "write a statement for each"
    return Diagnostic("unexpected-token", "`delete` takes one map or entry", failure.found.span, help)


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
    _compound_assignment,
    _glued_step,
    _address_of,
    _timer,
    _definition,
    _foreign_statement,
    _unknown_cast,
    _type_as_value,
    _several_deleted,
    _else_if,
)
WORD_RULES = (_word_operator,)

"""Rules for the frame of a program: probes, predicates, bodies, and brackets that do not match.

`read { }` -> `missing-provider`: `read` is not a probe; probes are `provider:name`, such as `kprobe:read`
"""

from .diagnostic import Diagnostic, Label
from .failure import CLOSERS, END, OPENERS, WORDS, Failure
from .source import Span

PROBE_HELP = "probes are `provider:name`, such as `kprobe:read`; `BEGIN` and `END` are the start and the end of the run"
GLUE_HELP = "put a blank between the probe and the predicate: `kprobe:SyS_read /pid == 3/ { ... }`"
BODY_HELP = "say what to do in braces: `kprobe:SyS_read { @.count() }`"
CLOSING_TEXT = {"RPAR": ")", "RSQB": "]", "RBRACE": "}", "_ANGLE_CLOSE": ">", "_PREDICATE_CLOSE": "/"}


def _empty_program(failure: Failure) -> Diagnostic | None:
    if failure.before or failure.found.kind != END:
        return None
    return Diagnostic(
        "empty-program", "the program is empty", failure.found.span, help="try `kprobe:SyS_read { @.count() }`"
    )


def _declaration(failure: Failure) -> Diagnostic | None:
    """`const X = 3` without its `;`, `const u32 X`, `let x = 3` outside of clauses."""
    words = [lexeme.kind for lexeme in failure.statement]
    if failure.opened or words[:1] not in (["_CONST"], ["_LET"], ["_OPTION"]):
        return None
    first, found = failure.statement[0], failure.found
    if words[:1] == ["_OPTION"]:
        return _option(failure)
    if words == ["_LET"] and found.kind in (*WORDS, "PARAMETER"):
        help = "between clauses, declare a constant, `const x = 3;`, or the size of a map, `let @m = hash(1k);`"
        return Diagnostic("misplaced-declaration", "a variable is declared in a clause", first.span, help)
    if words in (["_CONST", "NAME"], ["_CONST", "TYPE"]) and found.kind in WORDS:
        help = f"write `const {found.text} = ...;`"
        return Diagnostic("unexpected-token", "a constant has no type of its own", failure.last.span, help)
    if "SEMICOLON" in failure.expected and (failure.on_new_line or found.kind in ("PROBE", "_CONST", "_LET", END)):
        help = "a declaration ends with `;`"
        return Diagnostic("missing-semicolon", "missing `;` after this declaration", failure.gap, help)
    return None


def _option(failure: Failure) -> Diagnostic:
    """`option pid;`, `option u32 pid = 0`, `option pid = 4 * 2`."""
    message, words = "an option is a name, its default, and what it is for", failure.statement
    if words[-1].kind == "EQUAL" or len(words) > 3:
        message = "the default of an option is a number or a string"
    name = words[1].text if words[1:] else failure.found.text if failure.found.kind == "NAME" else "pid"
    help = f'write `option {name} = 0 "what it is for";`'
    place = failure.gap if failure.found.kind == END else failure.found.span
    return Diagnostic("bad-declaration", message, place, help)


def _outside_clauses(failure: Failure) -> Diagnostic | None:
    """Something else where a clause starts, or after the comma in a list of probes."""
    found = failure.found
    after_comma = failure.last.kind == "COMMA" and not failure.opened
    if failure.opened or "PROBE" not in failure.expected or found.kind in (END, "ELSE"):
        return None
    if found.kind in CLOSERS:
        return _never_opened(failure)
    if found.kind == "SEMICOLON":
        return Diagnostic(
            "unexpected-token",
            "`;` cannot stand between clauses",
            found.span,
            help="leave it out: a clause ends with its body",
        )
    if found.kind in (*WORDS, "_IF") and not (failure.follows("(") or failure.follows(".")):
        if failure.follows(":"):
            help = f"write it without a blank after the colon: `{found.text}:name`"
            if failure.follows(':"'):
                help = "the quote behind the colon is not closed"
            return Diagnostic(
                "missing-target", f"the probe `{found.text}:` does not say what to trace", found.span, help
            )
        return Diagnostic("missing-provider", f"`{found.text}` is not a probe", found.span, PROBE_HELP)
    if not after_comma and _bare_if(failure):
        return Diagnostic(
            "missing-braces",
            "a clause without braces holds one `if` and nothing after it",
            found.span,
            help="put the statements in braces: `kprobe:SyS_read { if (...) ...; ... }`",
        )
    return Diagnostic("missing-probe", f"expected a probe, not {found.shown}", found.span, PROBE_HELP)


def _bare_if(failure: Failure) -> bool:
    """Whether the clause before has an `if` for its body."""
    kinds = [lexeme.kind for lexeme in failure.before]
    if "PROBE" not in kinds:
        return False
    rest = kinds[len(kinds) - kinds[::-1].index("PROBE") :]
    if "_PREDICATE_CLOSE" in rest:
        rest = rest[rest.index("_PREDICATE_CLOSE") + 1 :]
    return rest[:1] == ["_IF"]


def _after_probe(failure: Failure) -> Diagnostic | None:
    """Neither predicate nor body behind a probe."""
    probe, found = failure.last, failure.found
    if probe.kind != "PROBE":
        return None
    if found.kind == "PROBE":
        return Diagnostic(
            "missing-comma",
            "two probes for one body are separated by a comma",
            Span(probe.span.end, probe.span.end),
            help="write `,` here, or give the first probe a body of its own",
        )
    if found.kind == "BINARY" and "/" in probe.text:
        return Diagnostic("glued-predicate", "the predicate is part of the probe's name here", probe.span, GLUE_HELP)
    help = BODY_HELP
    if found.kind in ("LPAR", "BINARY", "UNARY") or (found.kind in WORDS and not failure.follows("(")):
        help = "a condition goes between slashes: `kprobe:SyS_read / pid == 3 / { ... }`"
    elif "<" in probe.text:
        help = "put a blank between the probe and the `<` of its block"
    elif failure.source.text.startswith("//", probe.span.end + 1):
        help = "`//` starts a comment; a predicate needs something between its slashes"
    place = failure.gap if found.kind == END else found.span
    return Diagnostic("missing-body", f"{probe.shown} has no body", place, help)


def _predicate(failure: Failure) -> Diagnostic | None:
    """A predicate that is empty or not closed."""
    if failure.inside != "_SLASH":
        return None
    slash, found = failure.opened[-1], failure.found
    probe = failure.before[failure.before.index(slash) - 1]
    if failure.last == slash and probe.span.end == slash.span.start and "/" in probe.text:
        # `kprobe:read/pid/ {`: the lexer takes `/pid` for a part of the name
        return Diagnostic("glued-predicate", "the predicate is part of the probe's name here", probe.span, GLUE_HELP)
    if failure.last == slash and found.text == "/":
        return Diagnostic(
            "empty-predicate",
            "this predicate is empty",
            slash.span.to(found.span),
            help="write the condition, or leave the slashes out",
        )
    division = next((lexeme for lexeme in reversed(failure.before) if lexeme.text == "/"), slash)
    if found.kind in (END, "RBRACE", "SEMICOLON") and division != slash:
        return Diagnostic("missing-body", "no body follows this predicate", slash.span.to(division.span), BODY_HELP)
    if found.kind in ("LBRACE", "PROBE", "_IF", END) or (found.kind == "BINARY" and found.text == "<"):
        return Diagnostic(
            "unclosed-predicate",
            "the predicate is not closed: missing `/`",
            failure.gap,
            help="write `/` between the condition and the body",
            labels=(Label(slash.span, "opened here"),),
        )
    return None


def _wrong_closer(failure: Failure) -> Diagnostic | None:
    found = failure.found
    angle = any(opener.kind == "_ANGLE_OPEN" for opener in failure.opened)
    if angle and (found.text == "}" or (found.text == ">" and not failure.after_value)):
        return _unclosed(failure, failure.gap)
    if found.kind == "PROBE" and failure.opened:
        return _unclosed(failure, failure.gap)
    if found.kind == "LBRACE" and failure.last.text == "/" and failure.inside in ("LPAR", "LSQB"):
        # `/ (pid == 3 / {`: a slash inside brackets does not close a predicate
        return _unclosed(failure, Span(failure.last.span.start, failure.last.span.start))
    if found.kind == "LBRACE" and failure.head.kind in ("_IF", "WHILE", "FOR", "UNROLL") and "RPAR" in failure.expected:
        return _unclosed(failure, failure.gap)
    if found.kind not in CLOSERS or found.kind == "_PREDICATE_CLOSE" or failure.inside == CLOSERS[found.kind]:
        return None
    if all(opener.kind != CLOSERS[found.kind] for opener in failure.opened):
        return _never_opened(failure)
    return _unclosed(failure, failure.gap)


def _end_inside_brackets(failure: Failure) -> Diagnostic | None:
    return _unclosed(failure, failure.gap) if failure.found.kind == END and failure.opened else None


def _never_opened(failure: Failure) -> Diagnostic:
    found = failure.found
    labels: tuple[Label, ...] = ()
    if failure.opened:
        labels = (Label(failure.opened[-1].span, "this is open here"),)
    return Diagnostic(
        "unopened-bracket", f"`{found.text}` closes nothing", found.span, help="leave it out, or open it", labels=labels
    )


def _unclosed(failure: Failure, place: Span) -> Diagnostic:
    opener = failure.opened[-1]
    wanted = CLOSING_TEXT[OPENERS[opener.kind]]
    return Diagnostic(
        "unclosed-bracket",
        f"missing `{wanted}`",
        place,
        help=f"close the `{opener.text}` with `{wanted}`",
        labels=(Label(opener.span, "opened here"),),
    )


CLAUSE_RULES = (_empty_program, _declaration, _outside_clauses, _after_probe, _predicate)
BRACKET_RULES = (_wrong_closer, _end_inside_brackets)

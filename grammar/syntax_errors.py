"""A place where the parser stopped -> the diagnostic for it, in the words of the person who wrote the program.

`printf "x"` -> `missing-parentheses`: a call needs parentheses: `printf("x")`

A rule looks at a `Failure` and answers with a diagnostic or None. The first answer counts, so rules go from the most
particular (a habit from another language) to the most general (a token that cannot stand here).
"""

import re
from collections.abc import Callable

from .diagnostic import Diagnostic
from .failure import END, UNKNOWN, Failure
from .source import Source, Span
from .syntax_calls import CALL_RULES
from .syntax_clauses import CLAUSE_RULES
from .syntax_habits import HABIT_RULES, WORD_RULES
from .syntax_loops import LOOP_RULES
from .syntax_statements import STATEMENT_RULES

Rule = Callable[[Failure], Diagnostic | None]

STRAY_HELP = {
    "\\": "a statement may go on in the next line as it is",
    "`": "text is written between double quotes",
    "$": "a parameter is `$1`, `$#`, `$target` or `$name`",
    "\u00a0": "replace the no-break space with a plain one",
    "\ufeff": "save the file without a byte order mark",
} | dict.fromkeys("\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb", 'replace typographic quotes with plain ones: `"`')


def unreadable(source: Source) -> Diagnostic | None:
    """What is wrong with the text as such, before any token is looked at."""
    match = re.search("[\0\ud800-\udfff]", source.text)
    if match is None:
        return None
    if match[0] == "\0":
        return Diagnostic(
            "nul-byte",
            "the program contains a NUL byte",
            Span(*match.span()),
            help="is this a program text? In a string, write `\\0`",
        )
    return Diagnostic(
        "invalid-utf8",
        "the program is not valid UTF-8",
        Span(*match.span()),
        help="save the program as UTF-8; in a string, write other bytes as `\\xNN`",
    )


def explain(failure: Failure) -> Diagnostic:
    """The diagnostic for a syntax error."""
    for rule in RULES:
        if diagnostic := rule(failure):
            return diagnostic
    return _unexpected(failure)


def _unterminated_text(failure: Failure) -> Diagnostic | None:
    """`printf("x)`: a quote that is not closed in its line."""
    if failure.found.kind != UNKNOWN or failure.found.text not in ('"', "'"):
        return None
    start, text = failure.found.span.start, failure.source.text
    line_end = text.find("\n", start)
    span = Span(start, len(text[: line_end if line_end >= 0 else len(text)].rstrip()))
    if failure.found.text == "'":
        return Diagnostic(
            "unterminated-character",
            "this character is not closed",
            span,
            help="a character is one byte between single quotes: `'a'`; text takes double quotes",
        )
    return Diagnostic(
        "unterminated-string",
        "this string is not closed in its line",
        span,
        help='close it with `"`; a quote inside is written `\\"`, a line end `\\n`',
    )


def _unterminated_comment(failure: Failure) -> Diagnostic | None:
    """`/* ...` to the end of the text; the lexer took the `/` for an operator."""
    for start in (failure.last.span.start, failure.found.span.start):
        if failure.source.text.startswith("/*", start):
            span = Span(start, start + 2)
            return Diagnostic("unterminated-comment", "this comment is never closed", span, help="close it with `*/`")
    return None


def _stray_character(failure: Failure) -> Diagnostic | None:
    if failure.found.kind != UNKNOWN:
        return None
    character = failure.found.text
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    help = STRAY_HELP.get(character, "")
    if character == "$" and failure.follows("$"):
        help = "DTrace's `$$1` is `$1` here, whether a number or a text"
    if not help and character.isalpha():
        help = "names are made of ASCII letters, digits and `_`; other letters can stand in strings and comments"
    return Diagnostic("stray-character", f"{shown} means nothing here", failure.found.span, help)


RULES: tuple[Rule, ...] = (
    _unterminated_text,
    _unterminated_comment,
    _stray_character,
    *LOOP_RULES,
    *WORD_RULES,
    *HABIT_RULES,
    *CALL_RULES,
    *CLAUSE_RULES,
    *STATEMENT_RULES,
)

IN_WORDS = {
    "PROBE": "a probe",
    "_SLASH": "a predicate `/ ... /`",
    "BINARY": "an operator",
    "NAME": "a name",
    "COMMA": "`,`",
    "COLON": "`:`",
    "QMARK": "`?`",
    "EQUAL": "`=`",
    "DOT": "`.`",
    "SEMICOLON": "`;`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "ELSE": "`else`",
    "_IN": "`in`",
    "_RANGE": "`..`",
    "TYPE": "a type",
    "MAP": "a map",
    "_CONST": "`const`",
    "_LET": "`let`",
    "_OPTION": "`option`",
    "_IF": "`if`",
    "_ANGLE_CLOSE": "`>`",
    "_PREDICATE_CLOSE": "`/`",
}

SUFFIXES = frozenset({"DOT", "LSQB", "QMARK"})


def _unexpected(failure: Failure) -> Diagnostic:
    """The last resort: what stands here, and what could."""
    what = "the end of the program" if failure.found.kind == END else failure.found.shown
    if "NUMBER" in failure.expected:
        wanted = ["a value"]
    else:
        possible = failure.expected - SUFFIXES if "BINARY" in failure.expected else failure.expected
        wanted = sorted(IN_WORDS[kind] for kind in possible if kind in IN_WORDS)
    help = f"expected {', '.join(wanted[:-1])}{' or ' if wanted[1:] else ''}{wanted[-1]}" if wanted else ""
    return Diagnostic("unexpected-token", f"{what} cannot stand here", failure.found.span, help)

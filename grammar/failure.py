"""Where the parser stopped, as plain data for the rules that explain it: nothing of Lark beyond this point.

`kprobe:x { pid == }` stops at `found` `}`, `before` ends with `==`, and the `{` is still `opened`.
"""

from dataclasses import dataclass
from functools import cached_property

from .source import Source, Span

END = "$END"
UNKNOWN = ""

OPENERS = {
    "LPAR": "RPAR",
    "LSQB": "RSQB",
    "LBRACE": "RBRACE",
    "_ANGLE_OPEN": "_ANGLE_CLOSE",
    "_SLASH": "_PREDICATE_CLOSE",
}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
WORDS = frozenset({"NAME", "TYPE"})
VALUES = frozenset({"NUMBER", "CHARACTER", "STRING", "PARAMETER", "MAP", "LPAR", "SIZEOF", "OFFSETOF"}) | WORDS
STATEMENTS = VALUES | {"_IF", "DELETE", "WHILE", "FOR", "UNROLL", "_LET", "JUMP"}
VALUE_ENDS = VALUES - {"LPAR", "SIZEOF", "OFFSETOF"} | {"RPAR", "RSQB", "POSITION", "STEP"}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token: `kind` is its terminal in ply.lark, `END` at the end of the text, `UNKNOWN` for what is no token.

    A word that is a type wherever it stands has the kind TYPE, also where the lexer took it for a NAME.
    """

    kind: str
    text: str
    span: Span

    @property
    def shown(self) -> str:
        """The text for a message, not longer than a message bears."""
        return f"`{self.text}`" if len(self.text) <= 40 else f"`{self.text[:37]}...`"


NOTHING = Lexeme(END, "", Span(0, 0))


@dataclass(frozen=True)
class Failure:
    """The first token that cannot stand where it does, all those before it, and what could have stood there."""

    source: Source
    found: Lexeme
    before: tuple[Lexeme, ...]
    expected: frozenset[str]

    @property
    def last(self) -> Lexeme:
        """The token before the one that was found; an `END` at the start of the text when there is none."""
        return self.before[-1] if self.before else NOTHING

    @cached_property
    def opened(self) -> tuple[Lexeme, ...]:
        """Brackets (and the `/` of a predicate) that are not closed yet, outermost first."""
        opened: list[Lexeme] = []
        for lexeme in self.before:
            if lexeme.kind in OPENERS:
                opened.append(lexeme)
            elif lexeme.kind in CLOSERS and opened:
                opened.pop()
        return tuple(opened)

    @property
    def inside(self) -> str:
        """The kind of the innermost bracket that is open, or ""."""
        return self.opened[-1].kind if self.opened else ""

    @property
    def after_value(self) -> bool:
        """Whether the last token can end an expression, so that an operator could follow."""
        return self.last.kind in VALUE_ENDS

    @property
    def gap(self) -> Span:
        """The place right behind the last token, where something is missing."""
        return Span(self.last.span.end, self.last.span.end)

    @property
    def adjacent(self) -> bool:
        """Whether nothing stands between the last token and the one that was found."""
        return self.last.span.end == self.found.span.start

    @property
    def on_new_line(self) -> bool:
        """Whether a line ends between the last token and the one that was found."""
        return "\n" in self.source.text[self.last.span.end : self.found.span.start]

    @cached_property
    def statement(self) -> tuple[Lexeme, ...]:
        """The tokens of the statement or declaration that is not finished yet."""
        start = 0
        for index, lexeme in enumerate(self.before, 1):
            if lexeme.kind in ("SEMICOLON", "LBRACE", "RBRACE", "_ANGLE_OPEN", "_ANGLE_CLOSE"):
                start = index
        return self.before[start:]

    @property
    def head(self) -> Lexeme:
        """What stands before the innermost parenthesis that is open: the `for` of `for (i`, the `f` of `f(1`."""
        return self._before(self.opened[-1]) if self.inside == "LPAR" else NOTHING

    @property
    def closed_head(self) -> Lexeme:
        """What stands before the parentheses that end with the last token: the `if` of `if (x)`."""
        depth = 0
        for lexeme in reversed(self.before):
            depth += (lexeme.kind == "RPAR") - (lexeme.kind == "LPAR")
            if depth == 0:
                return self._before(lexeme) if lexeme.kind == "LPAR" else NOTHING
        return NOTHING

    def _before(self, lexeme: Lexeme) -> Lexeme:
        for index in range(len(self.before) - 1, 0, -1):  # from the end, where it stands in a long program
            if self.before[index] is lexeme:
                return self.before[index - 1]
        return NOTHING

    def follows(self, text: str) -> bool:
        """Whether `text` comes next in the source, blanks aside, after the token that was found."""
        return self.source.text[self.found.span.end :].lstrip().startswith(text)

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
    "SLASH": "_PREDICATE_CLOSE",
}
CLOSERS = {closer: opener for opener, closer in OPENERS.items()}
VALUES = frozenset({"NUMBER", "CHARACTER", "STRING", "PARAMETER", "NAME", "MAP", "LPAR"})
STATEMENTS = VALUES | {"_IF", "DELETE"}
VALUE_ENDS = VALUES - {"LPAR"} | {"RPAR", "RSQB"}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token: `kind` is its terminal in ply.lark, `END` at the end of the text, `UNKNOWN` for what is no token."""

    kind: str
    text: str
    span: Span

    @property
    def shown(self) -> str:
        """The text for a message, not longer than a message bears."""
        return f"`{self.text}`" if len(self.text) <= 40 else f"`{self.text[:37]}...`"


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
        return self.before[-1] if self.before else Lexeme(END, "", Span(0, 0))

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

    def follows(self, text: str) -> bool:
        """Whether `text` comes next in the source, blanks aside, after the token that was found."""
        return self.source.text[self.found.span.end :].lstrip().startswith(text)

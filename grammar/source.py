"""A program text and places in it.

`Span(4, 8)` in `Source("x.ply", "abc defg")` is `defg`, line 1, columns 5 to 8.
"""

from .frozen import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets into a source text."""

    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Source:
    """A program's text and the name that messages show for it."""

    name: str
    text: str

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from one."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from one), without its line end."""
        lines = self.text.split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def cut(self, span: Span) -> str:
        """The text under a span."""
        return self.text[span.start : span.end]

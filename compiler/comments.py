"""Between two tokens: the comments there, and where lines end -> what a formatted script has in that place.

`x; # why` (line end) `y`   ->   behind `x;` the trailing comment `# why`, then a new line

A comment stays between its two tokens. One that begins a line does so afterwards, one behind code stays behind it.
"""

import re
from collections.abc import Sequence

from ..grammar.frozen import dataclass
from .layout import BLANK, HARD, NONE, SPACE, Document, Indent, Line, Parts, Remark

_BEHIND = frozenset([")", "]", "}", ">", ",", ".", "->", "++", "--", "[", "(", ".."])
"""Tokens before which a comment goes with what is in front of it."""


@dataclass(frozen=True, slots=True)
class Comment:
    """`before` and `after` are the line ends up to what is next to it; `column` is where it starts, from zero."""

    text: str
    before: int
    after: int
    column: int

    @property
    def to_line_end(self) -> bool:
        """Whether it is `# ...` or `// ...`."""
        return not self.text.startswith("/*")

    def remark(self, trailing: bool = False) -> Document:
        """How it is written."""
        return Remark(self.text, trailing, self.column)


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two tokens, the second of which is `following`, or "" at the end of the script."""

    comments: tuple[Comment, ...]
    lines: int
    following: str

    @property
    def broken(self) -> bool:
        """Whether a line ends in there."""
        many = (comment.before or comment.after or "\n" in comment.text for comment in self.comments)
        return self.lines > 0 or any(many)


def gap(text: str, start: int, end: int, comment: re.Pattern[str], following: str) -> Gap:
    """What is in a text between two offsets, where there are only blanks, comments, and `;`."""
    found = list(comment.finditer(text, start, end))
    edges = [start, *(edge for match in found for edge in match.span()), end]
    lines = [text.count("\n", first, last) for first, last in zip(edges[::2], edges[1::2], strict=True)]
    if start == 0:
        lines[0] = max(1, lines[0])  # the start of the script is that of a line
    comments = (
        Comment(match[0].rstrip(), before, after, match.start() - text.rfind("\n", 0, match.start()) - 1)
        for match, before, after in zip(found, lines, lines[1:], strict=False)
    )
    return Gap(tuple(comments), lines[0], following)


def laid_out(
    gap: Gap, separator: Document, opening: bool = False, closing: bool = False, goes_on: bool = True
) -> tuple[Document, Document]:
    """The comments, and what then separates the next token; `separator` is what would stand there without them.

    Between statements one blank line stays, but not at the start (`opening`) or the end (`closing`) of a block.
    Elsewhere a line that a comment ends is followed by one further to the right, where a statement `goes_on`.
    """
    between = isinstance(separator, Line) and separator.hard

    def newline(count: int, edge: bool) -> Document:
        if between:
            return BLANK if count > 1 and not edge else HARD
        return Indent(HARD) if goes_on and isinstance(separator, str) else HARD

    if not gap.comments:
        return NONE, newline(gap.lines, opening or closing) if between else separator
    lead: list[Document] = []
    last = gap.comments[-1]
    to_the_left = closing or gap.following in _BEHIND or not gap.following
    for index, comment in enumerate(gap.comments):
        if comment.before:
            lead += [newline(comment.before, opening and index == 0), comment.remark()]
        elif comment.to_line_end:
            lead.append(comment.remark(trailing=True))
        elif comment is not last or comment.after or to_the_left:
            lead += [SPACE, comment.remark()]
        else:
            return Parts(*lead), Parts(separator if index == 0 or separator else SPACE, comment.remark(), SPACE)
    if last.to_line_end or last.after:
        return Parts(*lead), newline(last.after, closing)
    return Parts(*lead), SPACE if last.before and not to_the_left else separator


def any_broken(gaps: Sequence[Gap]) -> bool:
    """Whether a line ends in one of them."""
    return any(gap.broken for gap in gaps)

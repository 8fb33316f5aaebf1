"""Diagnostic -> text for people, with the source line and the place in it underlined.

error[unknown-function]: unknown function `cmm`
 --> <program>:1:21
  |
1 | kprobe:SyS_read { @[cmm()].count() }
  |                     ^^^^^
  = help: did you mean `comm`?
"""

from collections.abc import Iterable, Iterator

from .diagnostic import Diagnostic
from .excerpt import Excerpt, excerpt, visible
from .frozen import dataclass
from .source import Source, Span

WIDTH = 100
RED, BLUE, BOLD, PLAIN = "\x1b[1;31m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place in one line (offsets from the start of the line), what underlines it, and what is said about it."""

    start: int
    end: int
    sign: str
    text: str


def render(diagnostic: Diagnostic, source: Source | None, colour: bool = False) -> str:
    """The message for a terminal; no line end at its end. Nothing from the source can drive the terminal."""
    red, blue, bold, plain = (RED, BLUE, BOLD, PLAIN) if colour else ("", "", "", "")
    lines = [f"{red}error[{diagnostic.code}]{plain}{bold}: {visible(diagnostic.message)}{plain}"]
    margin = ""
    if source is not None and diagnostic.span is not None:
        marks = _marks(diagnostic, source, diagnostic.span)
        margin = " " * len(str(max(marks)))
        line, column = source.position(diagnostic.span.start)
        lines.append(f"{margin}{blue}-->{plain} {visible(source.name)}:{line}:{column}")
        lines.append(f"{margin} {blue}|{plain}")
        before = min(marks) - 1
        for number in sorted(marks):
            if number > before + 1:
                lines.append(f"{blue}...{plain}")
            before = number
            shown = excerpt(source.line(number), [(mark.start, mark.end) for mark in marks[number]], WIDTH)
            lines.append(f"{blue}{number:>{len(margin)}} |{plain} {shown.text}".rstrip())
            for mark in marks[number]:
                paint = red if mark.sign == "^" else blue
                lines.append(f"{margin} {blue}|{plain} {_underline(mark, shown, paint, plain)}")
    for title, text in [*(("note", note) for note in diagnostic.notes), ("help", diagnostic.help)]:
        lines.extend(_footer(f"{margin} {blue}={plain} {bold}{title}{plain}: ", len(margin) + 9, text))
    return "\n".join(lines)


def _marks(diagnostic: Diagnostic, source: Source, span: Span) -> dict[int, list[_Mark]]:
    """What to underline, by line; the primary place comes first in its line."""
    marks: dict[int, list[_Mark]] = {}
    places = [(span, "^", ""), *((label.span, "-", label.text) for label in diagnostic.labels)]
    for place, sign, text in places:
        line, column = source.position(place.start)
        length = len(source.line(line))
        start = min(column - 1, length)
        end = min(start + max(place.end - place.start, 0), length)
        marks.setdefault(line, []).append(_Mark(start, end, sign, text))
    return marks


def _underline(mark: _Mark, shown: Excerpt, paint: str, plain: str) -> str:
    column, width = shown.extent(mark.start, mark.end)
    text = f" {visible(mark.text)}" if mark.text else ""
    return f"{' ' * column}{paint}{mark.sign * width}{text}{plain}"


def _footer(title: str, indent: int, text: str) -> Iterator[str]:
    """`= help: text`, further lines of it below the first."""
    for index, line in enumerate(text.split("\n") if text else []):
        yield (title if index == 0 else " " * indent) + visible(line)


def suggest(name: str, known: Iterable[str]) -> str:
    """The name in `known` that was probably meant, or "": up to a third of its letters may be wrong, or one."""
    limit = min(max(1, len(name) // 3), len(name) - 1)
    found: list[tuple[int, int, str]] = []
    for candidate in known:
        difference = abs(len(candidate) - len(name))
        if candidate != name and difference <= limit:
            distance = _distance(name.lower(), candidate.lower(), limit + 1)
            if distance <= limit:
                limit = distance
                found.append((distance, difference, candidate))
    return min(found)[2] if found else ""


def _distance(left: str, right: str, limit: int) -> int:
    """Letters to insert, delete, replace or swap with their neighbour; `limit` as soon as it is reached for sure."""
    older: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit and min(previous) >= limit:
            return limit
        older, previous = previous, row
    return min(previous[-1], limit)

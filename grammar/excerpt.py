"""One line of source as it can be shown: safe for a terminal, and aligned whatever is in it.

`a<TAB>b<ESC>` -> `a   b\\x1b`; a place in the text becomes a column of what is shown. A line that is too long is cut
around the places that matter.
"""

from collections.abc import Sequence

from .frozen import dataclass

TAB = 4
CUT = "..."
HOSTILE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line to show, and `columns`: where each character of the original starts in it, and where the last one ends."""

    text: str
    columns: tuple[int, ...]

    def extent(self, start: int, end: int) -> tuple[int, int]:
        """First column and width of the characters from `start` to `end`; at least one column wide."""
        last = len(self.columns) - 1
        first = self.columns[min(start, last)]
        return first, max(self.columns[min(end, last)] - first, 1)


def visible(text: str) -> str:
    """The text with everything escaped that would move the cursor, change the terminal or hide itself."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_cell(character)[0] for character in text)


def excerpt(line: str, places: Sequence[tuple[int, int]], width: int) -> Excerpt:
    """A line of source in at most about `width` columns; `places` (offsets) stay in sight, the first one above all."""
    cells = [_cell(character) for character in line]
    start, end = _window([columns for _, columns in cells], places, width)
    text = CUT if start else ""
    column = len(text)
    columns = [column] * start
    for shown, wide in cells[start:end]:
        columns.append(column)
        text += shown
        column += wide
    columns += [column] * (len(line) - end + 1)
    return Excerpt(text + (CUT if end < len(line) else ""), tuple(columns))


def _cell(character: str) -> tuple[str, int]:
    """What stands for a character, and the columns that takes."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        return " " * TAB, TAB
    import unicodedata  # most programs are plain ASCII

    if unicodedata.category(character) in HOSTILE:
        code = ord(character)
        shown = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        return shown, len(shown)
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _window(widths: Sequence[int], places: Sequence[tuple[int, int]], width: int) -> tuple[int, int]:
    """The range of characters to show: all places if they fit, else the start of the first; then what stands around."""
    if sum(widths) <= width:
        return 0, len(widths)
    start, end = min(first for first, _ in places), max(last for _, last in places)
    if sum(widths[start:end]) > width:
        start, end = places[0]
    while sum(widths[start:end]) > width:
        end -= max(1, (end - start - width) // 2)
    room = width - sum(widths[start:end])
    grown = True
    while grown:
        grown = False
        if start > 0 and widths[start - 1] <= room:
            start -= 1
            room -= widths[start]
            grown = True
        if end < len(widths) and widths[end] <= room:
            room -= widths[end]
            end += 1
            grown = True
    return start, end

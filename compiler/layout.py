"""A document that knows where its lines may break -> text that fits into a width.

    Group("f(", Indent(SOFT, "a,", LINE, "b"), SOFT, ")")   ->   `f(a, b)`, or four lines where that is too wide

A group is written in one line if it fits and nothing in it needs a line end of its own, else all its lines break.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from ..grammar.frozen import dataclass

INDENT = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line may end; `flat` is what stands there where it does not. `hard` ends, `blank` adds one."""

    flat: str = " "
    hard: bool = False
    blank: bool = False


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only where the group around it is broken."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment: `trailing` at the end of its line; its further lines move as far as the first, from `column`."""

    text: str
    trailing: bool = False
    column: int = 0


class Parts:
    """Several documents in a row; `broken` says that there is a line end in there."""

    def __init__(self, *parts: "Document", broken: bool = False) -> None:
        self.parts = parts
        self.broken = broken or any(_is_hard(part) for part in parts)


class Indent(Parts):
    """The lines that break in here begin further to the right."""


class Group(Parts):
    """The lines in here break together."""


Document = str | Line | IfBroken | Remark | Parts

NONE: Document = ""
SPACE: Document = " "
LINE = Line()
SOFT = Line("")
HARD = Line(hard=True)
BLANK = Line(hard=True, blank=True)

_Mode = Literal["flat", "broken"]
_Todo = tuple[int, _Mode, Document]


def _is_hard(document: "Document") -> bool:
    match document:
        case Line(hard=hard):
            return hard
        case Parts(broken=broken):
            return broken
    return False


def write(document: Document, width: int) -> str:
    """The text, with a line end at its end; trailing comments of neighbouring lines stand in one column."""
    paper = _Paper()
    todo: list[_Todo] = [(0, "broken", document)]
    while todo:
        indent, mode, part = todo.pop()
        match part:
            case str():
                paper.add(part)
            case Remark(text=text, trailing=True):
                paper.remark = text
            case Remark(text=text, column=column):
                paper.add(_moved(text, paper.column - column))
            case IfBroken(text=text):
                paper.add(text if mode == "broken" else "")
            case Line(flat=flat) if mode == "flat":
                paper.add(flat)
            case Line(blank=blank):
                paper.end(indent, blank)
            case Group() if mode == "broken" and not part.broken:
                flat_parts: list[_Todo] = [(indent, "flat", inner) for inner in reversed(part.parts)]
                fits = _fits([*todo, *flat_parts], len(flat_parts), width - paper.column)
                todo += flat_parts if fits else [(indent, mode, inner) for inner in reversed(part.parts)]
            case Indent():
                todo += [(indent + INDENT, mode, inner) for inner in reversed(part.parts)]
            case Parts():
                todo += [(indent, mode, inner) for inner in reversed(part.parts)]
    paper.end(0, False)
    return "\n".join(_aligned(paper.lines, width)).strip("\n") + "\n"


def _fits(todo: Sequence[_Todo], own: int, room: int) -> bool:
    """Whether the last `own` of what is to do, and what follows them until a line may end, fit into so many columns."""
    rest = len(todo) - own
    stack = list(todo[rest:])
    while room >= 0:
        if not stack:
            if not rest:
                return True
            rest -= 1
            stack.append(todo[rest])
        indent, mode, part = stack.pop()
        match part:
            case str():
                head, newline, _ = part.partition("\n")
                room -= len(head)
                if newline:
                    return room >= 0
            case Remark(text=text, trailing=False):
                room -= len(text.partition("\n")[0])
            case Line(flat=flat, hard=hard):
                if mode == "broken" or hard:
                    return True
                room -= len(flat)
            case IfBroken(text=text):
                room -= len(text) if mode == "broken" else 0
            case Parts(parts=parts):
                stack += [(indent, mode, inner) for inner in reversed(parts)]
    return False


class _Paper:
    """Lines as they are written: the code, and the comment behind it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.remark = ""
        self._line = ""

    @property
    def column(self) -> int:
        return len(self._line.rpartition("\n")[2])

    def add(self, text: str) -> None:
        """More of this line."""
        self._line += text

    def end(self, indent: int, blank: bool) -> None:
        """The line is done; the next one begins after so many spaces."""
        self.lines.append((self._line.rstrip(" "), self.remark))
        if blank:
            self.lines.append(("", ""))
        self._line, self.remark = " " * indent, ""


def _moved(text: str, by: int) -> str:
    """The further lines of a comment, moved by so many columns."""
    first, *others = text.split("\n")
    moved = [
        " " * max(0, len(line) - len(line.lstrip(" ")) + by) + line.lstrip(" ") if line.strip() else ""
        for line in others
    ]
    return "\n".join([first, *moved])


def _aligned(lines: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    start = 0
    while start < len(lines):
        code, remark = lines[start]
        stop = start + 1
        while remark and stop < len(lines) and lines[stop][1] and _depth(lines[stop][0]) == _depth(code):
            stop += 1
        column = max(len(code) for code, _ in lines[start:stop])
        if any(column + 2 + len(remark) > width for _, remark in lines[start:stop]):
            column = 0
        for code, remark in lines[start:stop]:
            yield f"{code:<{column}}  {remark}" if remark else code
        start = stop


def _depth(code: str) -> int:
    return len(code) - len(code.lstrip(" "))

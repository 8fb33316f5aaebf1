"""Folded stacks as a tree of frames, and the tree as boxes side by side: a parent is as wide as its rows together.

    a;b 3    a;c 1    a 1     ->     all [0, 5)    a [0, 5)    b [0, 3)    c [3, 4)

Siblings stand in the order of their names, so that two graphs of one program look alike. What would be too narrow to
be seen is not placed, but counted: siblings of that kind that would be seen together become one box.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ._stacks import Box, Folded, Kind

ROOT = Box("all", "label")


class Node:
    """A frame that was called by one chain of frames; `own` is the number of rows that end in it."""

    __slots__ = ("box", "children", "number", "own")

    def __init__(self, box: Box) -> None:
        self.box = box
        self.number: int | float = 0
        self.own: int | float = 0
        self.children: dict[tuple[str, Kind], Node] = {}

    def child(self, box: Box) -> "Node":
        """The node below for a frame."""
        key = (box.name, box.kind)
        found = self.children.get(key)
        if found is None:
            found = self.children[key] = Node(box)
        return found


class Placed(NamedTuple):
    """A box in the picture: from `start`, `number` wide, on level `depth` (0 is the root); `own` as in `Node`."""

    box: Box
    start: int | float
    number: int | float
    own: int | float
    depth: int


class Picture(NamedTuple):
    """All boxes, each before those that stand on it, and how many frames have none of their own."""

    boxes: list[Placed]
    hidden: int

    @property
    def depth(self) -> int:
        """How many levels there are."""
        return 1 + max(placed.depth for placed in self.boxes)


def tree(rows: Iterable[Folded]) -> Node:
    """The root, with all rows in it."""
    root = Node(ROOT)
    for boxes, number in rows:
        node = root
        node.number += number
        for box in boxes:
            node = node.child(box)
            node.number += number
        node.own += number
    return root


def placed(root: Node, narrowest: float) -> Picture:
    """Every frame that is at least `narrowest` (a share of all) wide, from the root on."""
    least = root.number * narrowest
    boxes: list[Placed] = []
    hidden = 0
    waiting: list[tuple[Node, int | float, int]] = [(root, 0, 0)]
    while waiting:
        node, start, depth = waiting.pop()
        boxes.append(Placed(node.box, start, node.number, node.own, depth))
        above: list[tuple[Node, int | float, int]] = []
        narrow: list[Node] = []
        at = start
        for child in sorted(node.children.values(), key=lambda child: child.box):
            if child.number < least:
                narrow.append(child)
                continue
            above.append((child, at, depth + 1))
            at += child.number
        if narrow:
            frames, together = sum(map(_frames, narrow)), sum(child.number for child in narrow)
            hidden += frames
            if together >= least:
                waiting.append((_rest(frames, together), at, depth + 1))
        waiting.extend(reversed(above))
    return Picture(boxes, hidden)


def _rest(frames: int, together: int | float) -> Node:
    """What stands for frames that are too narrow."""
    rest = Node(Box(f"({frames:,} frames too narrow to draw)", "label"))
    rest.number = together
    return rest


def _frames(node: Node) -> int:
    """How many frames there are in a tree, the first one included."""
    return sum(1 for _ in _walk(node))


def _walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        yield (now := waiting.pop())
        waiting.extend(now.children.values())

"""The limit on nesting, checked before anything walks a tree by calling itself: `((((...` -> `nested-too-deeply`.

Every stage may recurse over a `Program`: a level of it costs so much as the stages need for it, and all levels together
no more than `LIMIT`. That makes 200 operators in a row, 100 expressions and 40 statements within each other.
"""

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.parser import Token, Tree
from ..grammar.source import Source, Span

LIMIT = 200
EXPRESSION = 2
STATEMENT = 5
STATEMENTS = frozenset({"if_", "loop", "inner"})
FLAT = frozenset(
    {"program", "clause", "probes", "predicate", "constant", "map_size", "block", "evaluate", "assign", "update"}
    | {"delete", "let", "jump", "while_", "unroll", "for_map", "for_range", "variables", "type", "path", "strings"}
)


def check_nesting(source: Source, tree: Tree[Token]) -> None:
    """Raises `CompileError` at the first place that is too deep; goes over the tree without recursion."""
    todo = [(tree, 0)]
    while todo:
        node, above = todo.pop()
        level = above + _cost(node)
        if level > LIMIT:
            raise CompileError(_too_deep(node, above), source=source)
        todo.extend((child, level) for child in reversed(node.children) if isinstance(child, Tree))


def _cost(node: Tree[Token]) -> int:
    """What a node adds: `1 + 1 + 1` leans to the left, one level for each operator."""
    if node.data in FLAT:
        return 0
    if node.data == "chain":
        return len(node.children) // 2
    if node.data == "group":
        inner = node.children[0]
        return 0 if isinstance(inner, Tree) and inner.data == "chain" else 1
    return STATEMENT if node.data in STATEMENTS else EXPRESSION


def _too_deep(node: Tree[Token], above: int) -> Diagnostic:
    start = node.meta.start_pos
    if node.data == "chain" and above < LIMIT // 2:
        message = f"this expression has more than {LIMIT - above} operators in a row"
        help = "put parts of it in parentheses, such as `(a || b) || (c || d)`"
    else:
        message = "this is nested too deeply"
        help = "split it into several statements or clauses"
    return Diagnostic("nested-too-deeply", message, Span(start, start + 1), help)

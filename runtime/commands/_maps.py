"""What commands that show maps share: which ones are meant, and how many of their rows."""

from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.frozen import replace
from ...grammar.render import suggest
from ..api.map import Map
from ..api.result import Result
from ..output import create
from ..repl.choice import Choice
from ..repl.session import Session


def map_named(result: Result, name: str) -> Map[object]:
    """A map of the last program; raises UsageError where it has none of this name."""
    names = list(result.maps)
    if name in names:
        return result.maps[name]
    close = suggest(name, names)
    help = f"there are {', '.join(names)}" if names else "it has no maps at all"
    if close:
        help = f"did you mean `{close}`?"
    raise UsageError(Diagnostic("no-such-map", f"the last program has no map `{name}`", help=help))


def count(word: str) -> int:
    """How many rows; raises UsageError for what is no number from 1 on."""
    if not word.isdecimal() or not word.isascii() or not 0 < len(word) < 10 or not int(word):
        raise UsageError(Diagnostic("option-value", f"`{word}` is not a number of rows", help="as in `top 10`"))
    return int(word)


def show_map(session: Session, found: Map[object], rows: int) -> None:
    """Draw a map, or its largest rows where `rows` is not zero; an empty one is named."""
    output = create("text", session.screen.stream, session.screen.settings(session.settings.ascii))
    if found:
        result = found.result
        output.map(replace(result, rows=result.rows[-rows:]) if rows else result)
        output.flush()
    else:
        session.screen.say(f"\n{found.name} is empty")


def map_choices(session: Session, text: str) -> Iterator[Choice]:
    """The maps of the last program, for the last word of `text`."""
    word = text.rpartition(" ")[2]
    if session.result is not None:
        for name, found in session.result.maps.items():
            if name.startswith(word):
                yield Choice(name, len(word), f"{len(found)} rows")

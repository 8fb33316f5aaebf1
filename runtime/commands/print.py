"""print [@MAP...] [top N]: maps of the last program, all of their rows or the N largest; without a name all maps.

:print @reads top 10
"""

from collections.abc import Iterator

from ..repl.choice import Choice
from ..repl.session import Session
from ._maps import count, map_choices, map_named, show_map
from .protocol import Call, ReplCommand


def _run(session: Session, call: Call) -> None:
    result, words, rows = session.found(), call.words, 0
    if "top" in words:
        place = words.index("top")
        rows, words = count("".join(words[place + 1 :]) or "10"), words[:place]
    names = [word if word.startswith("@") else f"@{word}" for word in words]
    chosen = [map_named(result, name) for name in names] or [each for each in result.maps.values() if each]
    for found in chosen:
        show_map(session, found, rows)
    if not chosen:
        session.screen.say("all maps are empty")


def _choices(session: Session, text: str) -> Iterator[Choice]:
    yield from map_choices(session, text)
    if text.rstrip() != text and "top" not in text.split():
        yield Choice("top 10", 0, "the largest rows only")


COMMAND = ReplCommand("print", _run, _choices, aliases=("p",))

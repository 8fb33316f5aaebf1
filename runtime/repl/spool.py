"""Text on its way to a terminal on which something else is drawn: in whole lines, and not more than it takes."""

from collections.abc import Callable
from io import StringIO
from threading import Condition

MOST = 1 << 15
"""Characters that may wait. Who writes more waits too: the kernel then counts what finds no room in its own buffer."""


class LineStream(StringIO):
    """A stream that hands on what was written when it is flushed, but not the start of a line that goes on."""

    def __init__(self, hand: Callable[[str], None]) -> None:
        super().__init__()
        self.hand = hand

    def flush(self) -> None:
        """Hand whole lines on."""
        text = self.getvalue()
        end = text.rfind("\n") + 1
        if end:
            self._hand(text[:end], text[end:])

    def finish(self) -> None:
        """Hand everything on."""
        text = self.getvalue()
        if text:
            self._hand(text, "")

    def _hand(self, text: str, rest: str) -> None:
        self.seek(0)
        self.truncate()
        self.write(rest)
        self.hand(text)


class Spool:
    """Between the thread that writes and the one that shows; `news` is called when there is something to show."""

    def __init__(self, news: Callable[[], None]) -> None:
        self._news = news
        self._changed = Condition()
        self._waiting: list[str] = []
        self._open = True

    def put(self, text: str) -> None:
        """Add text; waits where too much is waiting already, as long as somebody shows it."""
        with self._changed:
            self._waiting.append(text)
            self._news()
            self._changed.wait_for(lambda: not self._open or sum(map(len, self._waiting)) < MOST)

    def take(self) -> str:
        """All that waits."""
        with self._changed:
            text = "".join(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        return text

    def close(self) -> None:
        """Nobody shows anything any more: whoever waits goes on."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

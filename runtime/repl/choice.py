"""What could be typed next, as data."""

from typing import NamedTuple


class Choice(NamedTuple):
    """`text` replaces the last `replaces` characters; `shown` (else the text) and `help` are for the list."""

    text: str
    replaces: int
    help: str = ""
    shown: str = ""

"""The options of the command line as data, read from the help text, which is the one place that has their words.

Option(short="t", long="timeout", value="SECONDS", meaning="end after so many seconds")
"""

import re
from functools import cache
from typing import NamedTuple

from .arguments import HELP

_LINE = re.compile(r"^  (?:-(\w), |    )--([\w-]+)(?: (\[?[A-Z]+\]?))?(?:  +(.*))?$", re.MULTILINE)


class Option(NamedTuple):
    """`short` is "" where there is none, `value` "" for a flag, in brackets where it may be left out."""

    short: str
    long: str
    value: str
    meaning: str


@cache
def options() -> tuple[Option, ...]:
    """All of them, in the order of the help text."""
    return tuple(Option(short, long, value, meaning) for short, long, value, meaning in _LINE.findall(HELP))

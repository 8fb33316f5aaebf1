"""Output formats, one a file: a module `NAME.py` in this folder with `create(stream, settings)` is the format NAME.

A module whose name begins with `_` is shared by formats; `protocol.py` is what they all have to offer.
"""

import importlib
import io
import os
from typing import TextIO

from ...grammar.diagnostic import Diagnostic, UsageError
from .protocol import Output, Settings

_DRAWN = "┤█▏│"


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (file.removesuffix(".py") for file in os.listdir(__path__[0]) if file.endswith(".py"))
    return tuple(sorted(name for name in names if not name.startswith("_") and name != "protocol"))


def create(name: str, stream: TextIO, settings: Settings) -> Output:
    """The output of a format onto `stream`; raises UsageError `unknown-format`.

    A stream with an encoding gets buffered by blocks. UTF-8 carries all text, and the script's own bytes as they are
    (`printf("\\xff")`); another encoding escapes what it lacks instead of failing, and where it lacks the characters
    that bars are drawn with, the output is ASCII only.
    """
    if name not in formats():
        known = f"formats are {', '.join(formats())}"
        raise UsageError(Diagnostic("unknown-format", f"there is no output format {name!r}", help=known))
    if isinstance(stream, io.TextIOWrapper):
        complete = stream.encoding.lower() in ("utf-8", "utf8")
        stream.reconfigure(errors="surrogateescape" if complete else "backslashreplace", line_buffering=False)
        settings = settings._replace(ascii=settings.ascii or not _can_write(_DRAWN, stream.encoding))
    module = importlib.import_module(f".{name}", __package__)
    output: Output = module.create(stream, settings)
    return output


def _can_write(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True

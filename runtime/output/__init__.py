"""Output formats, one a file: a module `NAME.py` in this folder with `create(stream, settings)` is the format NAME.

A format that cannot show every map also has `check(maps, wanted)`, which says so before anything runs; `AT_END = True`
says that it is one document of what there is at the end.
A module whose name begins with `_` is shared by formats; `protocol.py` is what they all have to offer.
"""

import importlib
import io
import os
from collections.abc import Sequence
from types import ModuleType
from typing import TextIO

from ...compiler.schema import MapSchema
from ...grammar.diagnostic import Diagnostic, UsageError
from .protocol import Output, Settings

_DRAWN = "┤█▏│"


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (file.removesuffix(".py") for file in os.listdir(__path__[0]) if file.endswith(".py"))
    return tuple(sorted(name for name in names if not name.startswith("_") and name != "protocol"))


def documentation(name: str) -> str:
    """What there is to know about a format; raises UsageError `unknown-format`."""
    return (_module(name).__doc__ or "").strip()


def check(name: str, maps: Sequence[MapSchema], wanted: str = "", delta: bool = False) -> None:
    """Whether a format can show the maps of a script, or the one that is `wanted`, before it runs; raises UsageError.

    Codes: `unknown-format`, `no-such-map`, `option-value` (`--delta` for a document of the end), and the format's own.
    """
    module = _module(name)
    if delta and getattr(module, "AT_END", False):
        message = f"`-f {name}` shows maps as they are at the end, and `--delta` empties them before"
        raise UsageError(Diagnostic("option-value", message, help="leave `--delta` out"))
    if wanted and wanted not in (schema.name for schema in maps):
        known = f"its maps are {', '.join(schema.name for schema in maps)}" if maps else "it has none"
        raise UsageError(Diagnostic("no-such-map", f"the program has no map {wanted}", help=known))
    if hasattr(module, "check"):
        module.check(maps, wanted)


def create(name: str, stream: TextIO, settings: Settings) -> Output:
    """The output of a format onto `stream`; raises UsageError `unknown-format`.

    A stream with an encoding gets buffered by blocks. UTF-8 carries all text, and the script's own bytes as they are
    (`printf("\\xff")`); another encoding escapes what it lacks instead of failing, and where it lacks the characters
    that bars are drawn with, the output is ASCII only.
    """
    module = _module(name)
    if isinstance(stream, io.TextIOWrapper):
        adapt(stream)
        settings = settings._replace(ascii=settings.ascii or not can_draw(stream.encoding))
    output: Output = module.create(stream, settings)
    return output


def _module(name: str) -> ModuleType:
    if name not in formats():
        from ...grammar.render import suggest

        close = suggest(name, formats())
        help = f"did you mean `{close}`?" if close else f"formats are {', '.join(formats())}"
        raise UsageError(Diagnostic("unknown-format", f"there is no output format {name!r}", help=help))
    return importlib.import_module(f".{name}", __package__)


def adapt(stream: TextIO) -> None:
    """Have a stream carry all text, the characters that its encoding lacks as escapes."""
    if isinstance(stream, io.TextIOWrapper):
        complete = stream.encoding.lower() in ("utf-8", "utf8")
        stream.reconfigure(errors="surrogateescape" if complete else "backslashreplace", line_buffering=False)


def can_draw(encoding: str) -> bool:
    """Whether an encoding has the characters that bars are drawn with."""
    try:
        _DRAWN.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True

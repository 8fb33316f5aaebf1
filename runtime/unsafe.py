"""`system` and `cat`: what a script may only do with `--unsafe`, since it reaches beyond looking.

Values never become code: a text takes the place of one word of the command, whatever is in it, because the shell gets
it as an argument and the command has `"$1"` in its place.
"""

import os
import signal
from collections.abc import Sequence

from ..compiler.artifact import Artifact
from ..compiler.effects import Cat, Conversion, Shell
from ..compiler.values import Value
from ..grammar.diagnostic import CompileError, Diagnostic
from .format import Formatter, printf
from .show import Escape

_SHELL = "/bin/sh"
_LARGEST = 1 << 20
"""Bytes of a file or of a command's output that are printed."""


def refuse_unsafe(artifact: Artifact) -> None:
    """Raise CompileError if the script runs commands or prints files."""
    names = {Shell: "system", Cat: "cat"}
    found = {names[type(event.effect)] for event in artifact.events if type(event.effect) in names}
    if found:
        what = " and ".join(f"`{name}`" for name in sorted(found))
        raise CompileError(Diagnostic("unsafe", f"the script uses {what}", help="allow that with `--unsafe`"))


def shell(pieces: Sequence[str | Conversion], escape: Escape) -> Formatter:
    """From the values to what the command prints."""
    conversions = [piece for piece in pieces if isinstance(piece, Conversion)]
    one = [printf((conversion,), str) for conversion in conversions]
    numbers = iter(range(1, len(one) + 1))
    command = "".join(f'"${{{next(numbers)}}}"' if isinstance(piece, Conversion) else piece for piece in pieces)

    def run(values: Sequence[Value]) -> str:
        words = [text((value,)).partition("\0")[0] for text, value in zip(one, values, strict=True)]
        return _lines(_output([_SHELL, "-c", command, "ply", *words]), escape)

    return run


def cat(pieces: Sequence[str | Conversion], escape: Escape) -> Formatter:
    """From the values to the content of the file; why there is none, in angle brackets."""
    path = printf(pieces, str)

    def read(values: Sequence[Value]) -> str:
        name = path(values)
        try:
            with open(os.fsencode(name), "rb") as file:
                return _lines(file.read(_LARGEST), escape)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return f"<{escape(name)}: {reason}>\n"

    return read


def _lines(content: bytes, escape: Escape) -> str:
    """Text, in which line ends and tabs stay what they are."""
    text = content.decode("utf-8", "surrogateescape")
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in text.split("\n"))


def _output(words: Sequence[str]) -> bytes:
    """What a command prints, on either stream, until it has ended."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    with os.fdopen(reader, "rb") as stream:
        try:
            child = os.posix_spawn(
                words[0],
                [os.fsencode(word) for word in words],
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, writer, 2)],
                setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGPIPE],
            )
        except OSError as error:
            return f"<{words[0]}: {error.strerror}>\n".encode()
        finally:
            os.close(writer)
        content = stream.read(_LARGEST)
        stream.close()  # a command that prints more ends by SIGPIPE
        os.waitpid(child, 0)
        return content

"""The traced command's output while the terminal is drawn on: through a pipe, and escaped like all text of such.

A pipe that nobody empties makes the command wait, as a slow terminal does; nothing is dropped.
"""

import fcntl
import os
from contextlib import suppress

from ..escape import escape

_SET_SIZE = 1031
"""F_SETPIPE_SZ (include/uapi/linux/fcntl.h)."""
_SIZE = 1 << 20


class PipedOutput:
    """`writer` is what the command writes to; closed by `close`, with what nobody read."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._reader, False)
        self._line = b""
        with suppress(OSError):  # without privilege, /proc/sys/fs/pipe-max-size may be less
            fcntl.fcntl(self.writer, _SET_SIZE, _SIZE)

    def read(self, to_its_end: bool = False) -> str:
        """The whole lines that are there, safe for a terminal; at its end, the last line as well."""
        text = self._line
        with suppress(BlockingIOError):
            while len(text) < 2 * _SIZE and (piece := os.read(self._reader, 1 << 16)):
                text += piece
        end = len(text) if to_its_end else max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        text, self._line = text[:end], text[end:]
        lines = text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        shown = "\n".join("\t".join(map(escape, line.split("\t"))) for line in lines)
        return f"{shown}\n" if shown and not shown.endswith("\n") else shown

    def close(self) -> None:
        """Both ends."""
        os.close(self._reader)
        os.close(self.writer)

"""Where the traced command reads from and writes to: as `subprocess.run` says it, without its pipes and threads.

None is this process's own stream, a number a descriptor or `subprocess.DEVNULL`, for stderr also `subprocess.STDOUT`.
What is captured goes into files in memory: nobody has to read along, and a command that writes a lot never waits.
"""

import os
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

from ..command import Descriptors
from .errors import wrong

_PIPE, _STDOUT, _DEVNULL = -1, -2, -3
"""The numbers that `subprocess` has for these; to import it would take longer than all else here."""


class HasDescriptor(Protocol):
    """A file, socket or pipe."""

    def fileno(self) -> int:
        """Its descriptor."""


Stream = int | HasDescriptor | None


class Redirection:
    """The command's three streams: `descriptors` inside the block; `stdout` and `stderr`, if captured, after it."""

    def __init__(self, stdin: Stream, stdout: Stream, stderr: Stream, capture: bool) -> None:
        if capture and (stdout is not None or stderr is not None):
            raise wrong("two-outputs", "`capture_output` takes stdout and stderr, which are given as well")
        if _PIPE in (stdin, stdout, stderr):
            raise wrong("no-pipe", "nobody would read from this pipe", "use `capture_output=True`, or a file")
        if _STDOUT in (stdin, stdout):
            raise wrong("two-outputs", "only stderr can go where stdout goes")
        self._wanted, self._capture = (stdin, stdout, stderr), capture
        self._files = ExitStack()
        self.descriptors: Descriptors = (0, 1, 2)
        self.stdout: bytes | None = None
        self.stderr: bytes | None = None

    def __enter__(self) -> Self:
        with ExitStack() as files:
            stdin, stdout, stderr = self._wanted
            given = 0 if stdin is None else self._descriptor(stdin, files)
            output = self._output(stdout, 1, files)
            errors = output if stderr == _STDOUT else self._output(stderr, 2, files)
            self.descriptors = (given, output, errors)
            self._files = files.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._files:
            if self._capture:
                self.stdout, self.stderr = map(_content, self.descriptors[1:])

    def _output(self, stream: Stream, own: int, files: ExitStack) -> int:
        if self._capture:
            return _kept(os.memfd_create("plytrace"), files)
        return own if stream is None else self._descriptor(stream, files)

    def _descriptor(self, stream: int | HasDescriptor, files: ExitStack) -> int:
        if stream == _DEVNULL:
            return _kept(os.open(os.devnull, os.O_RDWR), files)
        return stream if isinstance(stream, int) else stream.fileno()


def _kept(descriptor: int, files: ExitStack) -> int:
    files.callback(os.close, descriptor)
    return descriptor


def _content(descriptor: int) -> bytes:
    """All of a file, from its start."""
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        return file.read()

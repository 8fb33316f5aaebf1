"""Errors of the API are those of the command line, and read the same: the rendered message is the exception's text."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...grammar.diagnostic import Diagnostic, PlyError, UsageError
from ...grammar.render import render
from ...grammar.source import Source


@contextmanager
def explained(source: Source | None = None) -> Iterator[None]:
    """Give errors that pass the program they are about, and `str(error)` the message with its place in it."""
    try:
        yield
    except PlyError as error:
        error.source = error.source or source
        _explain(error)
        raise


def wrong(code: str, message: str, help: str = "") -> UsageError:
    """What is raised for an argument that makes no sense."""
    error = UsageError(Diagnostic(code, message, help=help))
    _explain(error)
    return error


def _explain(error: PlyError) -> None:
    error.args = ("\n".join(render(diagnostic, error.source) for diagnostic in error.diagnostics),)

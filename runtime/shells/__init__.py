"""Completion of the command line, one shell a file: `NAME.py` with `script(options)` is the script for the shell NAME.

    ply --completion bash > /etc/bash_completion.d/ply

Scripts are made from the table of options and the registries, so they know what this ply knows.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable, Sequence

from ...grammar.diagnostic import Diagnostic, UsageError
from ...grammar.render import suggest
from ..option_table import Option, options


def shells() -> tuple[str, ...]:
    """The names of the shells, sorted."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules([os.path.dirname(__file__)])))


def completion(shell: str) -> str:
    """The script; raises UsageError for a shell that there is not."""
    if shell not in shells():
        close = suggest(shell, shells())
        help = f"did you mean `{close}`?" if close else f"there are {', '.join(shells())}"
        raise UsageError(Diagnostic("unknown-shell", f"there is no completion for `{shell}`", help=help))
    script: Callable[[Sequence[Option]], str] = importlib.import_module(f".{shell}", __package__).script
    return script(options())

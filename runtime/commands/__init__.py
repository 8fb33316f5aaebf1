"""Commands of the prompt, one a file: a module `NAME.py` in this folder that sets `COMMAND` is the command `:NAME`.

`protocol.py` says how one is declared; a module whose name begins with `_` is shared by commands.
"""

import importlib
import os
from collections.abc import Mapping
from functools import cache

from .protocol import ReplCommand


@cache
def commands() -> Mapping[str, ReplCommand]:
    """Every command by its name and its aliases."""
    found: dict[str, ReplCommand] = {}
    for file in sorted(os.listdir(__path__[0])):
        name = file.removesuffix(".py")
        if file.endswith(".py") and not name.startswith("_") and name != "protocol":
            entry = importlib.import_module(f".{name}", __package__).COMMAND
            assert isinstance(entry, ReplCommand)
            found.update(dict.fromkeys((entry.name, *entry.aliases), entry))
    return found


def documentation(name: str) -> str:
    """The module docstring of a command, by its name or an alias."""
    return (importlib.import_module(f".{commands()[name].name}", __package__).__doc__ or "").strip()

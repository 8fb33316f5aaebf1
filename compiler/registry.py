"""The open sets: functions, aggregations, providers, backends, each found by listing its folder.

A file that appears in `compiler/functions/` is a function, in every place that knows functions.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

from ..grammar.diagnostic import Diagnostic, UsageError
from .aggregation import Aggregation
from .backend import Backend
from .function import ActionFunction, FactFunction, Function, NumberFunction, Shorthand, TextFunction
from .provider import Provider


def _modules(folder: str) -> Mapping[str, ModuleType]:
    """The modules of an open set's folder, by name."""
    package = importlib.import_module(f".{folder}", __package__)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return {name: importlib.import_module(f".{folder}.{name}", __package__) for name in names}


@cache
def functions() -> Mapping[str, Function]:
    """Every builtin function by its name and its aliases."""
    found: dict[str, Function] = {}
    for module in _modules("functions").values():
        entry = module.FUNCTION
        assert isinstance(entry, NumberFunction | TextFunction | ActionFunction | Shorthand | FactFunction)
        found.update(dict.fromkeys((entry.name, *entry.aliases), entry))
    return found


@cache
def aggregations() -> Mapping[str, Aggregation]:
    """Every aggregation by its name and its aliases."""
    found: dict[str, Aggregation] = {}
    for module in _modules("aggregations").values():
        entry = module.AGGREGATION
        assert isinstance(entry, Aggregation)
        found.update(dict.fromkeys((entry.name, *entry.aliases), entry))
    return found


@cache
def providers() -> Mapping[str, Provider]:
    """Every provider by its name and its aliases."""
    found: dict[str, Provider] = {}
    for module in _modules("providers").values():
        entry = module.PROVIDER
        assert isinstance(entry, Provider)
        found.update(dict.fromkeys((entry.name, *entry.aliases), entry))
    return found


def backends() -> tuple[str, ...]:
    """The names of all backends, none of which is imported."""
    package = importlib.import_module(".backends", __package__)
    return tuple(sorted(found.name for found in pkgutil.iter_modules(package.__path__)))


def backend(name: str) -> Backend:
    """The backend of this name; raises UsageError where there is none."""
    known = backends()
    if name not in known:
        help = f"there are {', '.join(known)}"
        raise UsageError(Diagnostic("unknown-backend", f"there is no backend `{name}`", help=help))
    found = importlib.import_module(f".backends.{name}", __package__).BACKEND
    assert isinstance(found, Backend)
    return found


def documentation(folder: str, name: str) -> str:
    """The module docstring of an entry: its public documentation."""
    return importlib.import_module(f".{folder}.{name}", __package__).__doc__ or ""

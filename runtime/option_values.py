"""What an option's value can be, where that is one of several words: as the registries have them now."""

import pkgutil

from ..compiler import backends
from ..compiler.registry import aggregations, functions, providers
from .emit import stage_names
from .help import topics
from .option_table import Option
from .output import formats
from .shells import shells


def described(option: Option) -> str:
    """The meaning of an option, with the formats there are."""
    return option.meaning.replace("{formats}", ", ".join(formats()))


def option_values(name: str) -> tuple[str, ...]:
    """The words for an option by its long name, sorted; none where it takes something else."""
    match name:
        case "format":
            return formats()
        case "emit":
            return tuple(sorted(stage_names()))
        case "backend":
            return tuple(sorted(found.name for found in pkgutil.iter_modules(backends.__path__)))
        case "help":
            return tuple(sorted({*topics(), *functions(), *aggregations(), *providers()}))
        case "completion":
            return shells()
    return ()

"""`ply --completion bash|zsh`: what Tab offers, as a script for the shell, made from the table of options.

Values that depend on the machine or on a script are asked of ply when Tab is pressed: probes of `ply -l`, the options
that `ply FILE --help` lists. Nothing that was typed is ever evaluated.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..compiler.registry import backends, providers
from ..grammar.diagnostic import Diagnostic, UsageError
from .arguments import OPTIONS, Option
from .emit import stage_names
from .fmt import FLAGS
from .help import described, names
from .output import formats

SHELLS = ("bash", "zsh")

_VALUES: Mapping[str, Callable[[], Iterable[str]]] = {
    "format": formats,
    "emit": stage_names,
    "backend": backends,
    "sort": lambda: ("value", "key", "value:desc", "key:desc"),
    "completion": lambda: SHELLS,
    "help": names,
}
"""Options with a closed list of values."""

_KINDS = {"command": "probes", "list": "probes", "output": "files", "pid": "pids"}
"""Options whose values the shell script looks for."""


def completion(shell: str) -> str:
    """The script for a shell; raises UsageError `unknown-shell`."""
    if shell not in SHELLS:
        help = f"shells are {', '.join(SHELLS)}"
        raise UsageError(Diagnostic("unknown-shell", f"there is no completion for `{shell}`", help=help))
    text = Path(__file__).with_name(f"completion.{shell}").read_text(encoding="utf-8")
    valued = [option for option in OPTIONS if option.value and not option.value.startswith("[")]
    parts = {
        "valued": "|".join(name for option in valued for name in _spelled(option)),
        "options": " ".join(name for option in OPTIONS for name in _spelled(option)),
        "values": "\n".join(_case(option) for option in OPTIONS if option.value),
        "specs": " \\\n".join(_specification(option) for option in OPTIONS),
        "providers": " ".join(sorted(f"{name}:" for name in providers() if name not in ("BEGIN", "END"))),
        "fmt": " ".join(f"--{name}" for name in FLAGS),
    }
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part)
    return text


def _spelled(option: Option) -> tuple[str, ...]:
    return (f"-{option.short}", f"--{option.name}") if option.short else (f"--{option.name}",)


def _case(option: Option) -> str:
    """A branch of bash's `case`: `-f|--format) _ply_words "csv json" ;;`."""
    if option.name in _VALUES:
        action = f'_ply_words "{" ".join(_VALUES[option.name]())}"'
    else:
        action = f"_ply_{_KINDS[option.name]}" if option.name in _KINDS else ":"
    return f"        {'|'.join(_spelled(option))}) {action} ;;"


def _specification(option: Option) -> str:
    """A specification for zsh's `_arguments`: `'(-f --format)'{-f+,--format=}'[output]:NAME:(csv json)'`."""
    spelled = _spelled(option)
    text = described(option)
    for special in "\\[]:":
        text = text.replace(special, f"\\{special}")
    told = f"[{text}]"
    if option.value:
        known = f"({' '.join(_VALUES[option.name]())})" if option.name in _VALUES else ""
        action = known.replace(":", "\\:") or (f"_ply_{_KINDS[option.name]}" if option.name in _KINDS else " ")
        colon = "::" if option.value.startswith("[") else ":"
        told += f"{colon}{option.value.strip('[]')}:{action}"
    told = "'" + told.replace("'", "'\\''") + "'"
    marks = ("+", "=") if option.value else ("", "")
    if len(spelled) == 1:
        return f"        '{spelled[0]}{marks[1]}'{told}"
    return f"        '({' '.join(spelled)})'{{{spelled[0]}{marks[0]},{spelled[1]}{marks[1]}}}{told}"

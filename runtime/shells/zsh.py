"""For zsh, by its function `_arguments`: each option with its meaning."""

from collections.abc import Sequence

from ..option_table import Option
from ..option_values import described, option_values

_SCRIPT = """\
#compdef ply
# Completion of ply for zsh, made by `ply --completion zsh`: put it into a folder of $fpath, as _ply.
_ply() {
    local context state state_descr line
    typeset -A opt_args
    _arguments -s -S \\
@OPTIONS@
        '1: :_alternative "files:script:_files" "commands:command:_command_names -e"' \\
        '*:argument:_files'
}
if [[ $funcstack[1] == _ply ]]; then
    _ply "$@"
else
    compdef _ply ply
fi
"""


def script(options: Sequence[Option]) -> str:
    """The whole of it."""
    return _SCRIPT.replace("@OPTIONS@", "\n".join(f"        {_spec(option)} \\" for option in options))


def _spec(option: Option) -> str:
    """`'(-t --timeout)'{-t+,--timeout=}'[end after so many seconds]:SECONDS: '`."""
    value = ""
    if option.value:
        value = f":{':' if option.value.startswith('[') else ''}{option.value.strip('[]')}:{_action(option)}"
    meaning = _quoted(described(option) or option.long)
    short, long = (f"-{option.short}+", f"--{option.long}=") if value else (f"-{option.short}", f"--{option.long}")
    if not option.short:
        return f"'{long}[{meaning}]{value}'"
    return f"'(-{option.short} --{option.long})'{{{short},{long}}}'[{meaning}]{value}'"


def _action(option: Option) -> str:
    """Where the words for a value come from."""
    words = option_values(option.long)
    if words:
        return f"({' '.join(words)})"
    return {"FILE": "_files", "PID": "_pids"}.get(option.value, " ")


def _quoted(text: str) -> str:
    for special in ("\\", "[", "]", ":"):
        text = text.replace(special, f"\\{special}")
    return text.replace("'", "'\\''")

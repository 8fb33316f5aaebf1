"""For bash, with or without the package bash-completion."""

from collections.abc import Iterator, Sequence

from ..option_table import Option
from ..option_values import option_values

_SCRIPT = """\
# Completion of ply for bash, made by `ply --completion bash`.
_ply() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} place
    COMPREPLY=()
    for ((place = 1; place < COMP_CWORD; place++)); do
        if [[ ${COMP_WORDS[place]} == -- ]]; then
            if declare -F _command_offset >/dev/null; then
                _command_offset $((place + 1))
            elif ((COMP_CWORD == place + 1)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$word")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$word")
            fi
            return
        fi
    done
    case $before in
@CASES@
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '@OPTIONS@' -- "$word")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -F _ply ply
"""


def script(options: Sequence[Option]) -> str:
    """The whole of it."""
    names = " ".join(name for option in options for name in _names(option))
    cases = [line for option in options for line in _case(option)]
    others = "|".join(name for option in options if _takes_anything(option) for name in _names(option))
    lines = "\n".join(f"        {line}" for line in [*cases, f"{others}) return ;;"])
    return _SCRIPT.replace("@CASES@", lines).replace("@OPTIONS@", names)


def _names(option: Option) -> list[str]:
    return [*([f"-{option.short}"] if option.short else []), f"--{option.long}"]


def _takes_anything(option: Option) -> bool:
    """Whether its value is the person's own; a file's name is completed as all words are."""
    known = option.value in ("FILE", "PID") or option_values(option.long)
    return bool(option.value) and not option.value.startswith("[") and not known


def _case(option: Option) -> Iterator[str]:
    """What may come behind an option, where it is one of several words."""
    words = "$(cd /proc && echo [0-9]*)" if option.value == "PID" else " ".join(option_values(option.long))
    if words:
        yield f"{'|'.join(_names(option))})"
        yield f'    mapfile -t COMPREPLY < <(compgen -W "{words}" -- "$word")'
        yield "    return ;;"

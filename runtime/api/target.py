"""Who is traced: a command that is started for it, or a process that runs already."""

import os
from collections.abc import Sequence

from .errors import wrong


def command_words(command: Sequence[str | os.PathLike[str]] | None) -> list[str]:
    """The command's words; none for no command. Raises UsageError."""
    if command is None:
        return []
    if isinstance(command, str):
        help = "as in `['dd', 'bs=1']`, or `['sh', '-c', TEXT]` for a shell's command"
        raise wrong("command", "`command` is a list of words, not a text", help)
    if not command:
        raise wrong("no-command", "`command` is an empty list")
    return [os.fspath(word) for word in command]


def target_pid(pid: int | None, command: bool) -> int:
    """The process that all probes are limited to, 0 for none. Raises UsageError."""
    if pid is None:
        return 0
    if command:
        raise wrong("two-targets", "events of a command or of a process: `command` and `pid` exclude each other")
    if pid < 1:
        raise wrong("option-value", f"`pid` is the number of a process, not {pid}")
    return pid

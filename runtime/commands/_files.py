"""What commands that write files share. A file that is there is somebody's: it is replaced only when that is asked for.

File names are the person's own, as after `-o`; `~` is the home folder.
"""

import os
from collections.abc import Iterator

from ...grammar.diagnostic import Diagnostic, UsageError
from ..repl.choice import Choice
from ..repl.session import Session


def write_file(path: str, text: str, replace: bool, mode: int = 0o666) -> str:
    """Write a file, and give its name; raises UsageError where there is one and `replace` is false, and OSError."""
    path = os.path.expanduser(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if replace else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, mode)
    except FileExistsError:
        help = "choose another name, or end the command with `!` to replace it"
        raise UsageError(Diagnostic("file-exists", f"there is a file `{path}`", help=help)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    return path


def file_choices(session: Session, text: str) -> Iterator[Choice]:
    """Files and folders that begin as the last word of `text` does."""
    word = text.rpartition(" ")[2]
    folder, start = os.path.split(word)
    try:
        entries = sorted(os.scandir(os.path.expanduser(folder) or "."), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(start) and (start or not entry.name.startswith(".")):
            yield Choice(entry.name + "/" * entry.is_dir(), len(start))

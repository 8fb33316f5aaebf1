"""What was typed before, kept from one visit to the next: a JSON text a line, the oldest first.

What is kept there is offered to root to run again, so it must not be a way in: for root it is below /var/lib, never
below a HOME that sudo may have kept. As for the cache, folders and file must belong to this user or root and be
writable by nobody else, and nothing on the way is a link. What does not pass is neither read nor written.
"""

import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress

from prompt_toolkit.history import History

from ..cache import trusted

_FILE = "history"
_KEEP = 2000
"""Entries kept; the oldest go when there are twice as many."""


def history_folder() -> str:
    """Where this user's history is."""
    if os.geteuid() == 0:
        return "/var/lib/plytrace"
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(home, "plytrace")


class GuardedHistory(History):
    """For prompt_toolkit; without a folder that can be trusted, it lasts as long as the visit."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self._path = os.path.join(folder, _FILE)

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        entries = self._read()
        if len(entries) > 2 * _KEEP:
            entries = entries[-_KEEP:]
            with suppress(OSError):
                self._replace(entries)
        return reversed(entries)

    def store_string(self, string: str) -> None:
        """Add one; a history that cannot be written is no error."""
        with suppress(OSError):
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            if trusted(self._folder):
                descriptor = self._open(os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                if descriptor is not None:
                    with os.fdopen(descriptor, "wb") as file:
                        file.write(_line(string))

    def _read(self) -> list[str]:
        if not trusted(self._folder):
            return []
        try:
            descriptor = self._open(os.O_RDONLY)
        except OSError:
            return []
        if descriptor is None:
            return []
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
            return [entry for entry in map(_entry, file) if entry]

    def _open(self, flags: int) -> int | None:
        """None for what is no plain file of this user's alone; raises OSError, for a link too."""
        descriptor = os.open(self._path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        facts = os.fstat(descriptor)
        if stat.S_ISREG(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o022:
            return descriptor
        os.close(descriptor)
        return None

    def _replace(self, entries: Iterable[str]) -> None:
        temporary = f"{self._path}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.writelines(map(_line, entries))
        os.replace(temporary, self._path)


def _line(text: str) -> bytes:
    return json.dumps(text).encode() + b"\n"


def _entry(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""

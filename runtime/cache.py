"""Compiled scripts on disk, so that a second run imports neither the parser nor LLVM.

Root runs code from here, so the folder is a way in unless it is guarded: for root it is below /var/cache, never below
a HOME that sudo may have kept; every folder on the way and the file itself must belong to this user or root and be
writable by nobody else, and nothing on the way is a link. What does not pass is ignored and rebuilt elsewhere: nowhere.
"""

import os
import stat
from collections.abc import Sequence

from ..compiler.artifact import FORMAT, Artifact
from .digest import blake2b
from .plain import from_plain, to_plain

_FOLDER = "plytrace"
_KEEP = 200
"""Artifacts kept; the oldest go when there are more."""


def cache_folder() -> str:
    """Where this user's artifacts are."""
    if os.geteuid() == 0:
        return f"/var/cache/{_FOLDER}"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, _FOLDER)


def key(parts: Sequence[str]) -> str:
    """The name under which the result of compiling something is kept: a digest of all that it depends on."""
    digest = blake2b(digest_size=20)
    for part in (str(FORMAT), *parts, *_host(), _tool()):
        digest.update(f"{len(part)}:".encode() + part.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _host() -> Sequence[str]:
    """What the compiler may have asked the machine: a kernel, its modules, its boot, who asked."""
    uname = os.uname()
    return (uname.release, uname.version, uname.machine, _read("/proc/sys/kernel/random/boot_id"),
            _digest("/proc/modules"), str(os.geteuid() == 0))  # fmt: skip


def _tool() -> str:
    """Changes whenever a file of the compiler does."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    newest, count = 0, 0
    for folder in ("grammar", "compiler"):
        for place, _, files in os.walk(os.path.join(root, folder)):
            for name in files:
                if name.endswith((".py", ".lark")):
                    newest = max(newest, os.stat(os.path.join(place, name)).st_mtime_ns)
                    count += 1
    return f"{root} {newest} {count}"


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _digest(path: str) -> str:
    names = [line.split(" ", 1)[0] for line in _read(path).splitlines()]
    return blake2b(" ".join(sorted(names)).encode(), digest_size=8).hexdigest()


def load(name: str) -> object:
    """What was stored under this name, or None where there is none that can be trusted."""
    folder = cache_folder()
    if not trusted(folder):
        return None
    try:
        descriptor = os.open(f"{folder}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
            return None
        return from_plain(file.read())


def store(name: str, value: Artifact | bytes) -> None:
    """Keep something; a cache that cannot be written is no error."""
    folder = cache_folder()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not trusted(folder):
            return
        temporary = f"{folder}/.{name}.{os.getpid()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(to_plain(value))
        os.replace(temporary, f"{folder}/{name}")
        _thin_out(folder)
    except OSError:
        return


def _thin_out(folder: str) -> None:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
    for entry in entries[:-_KEEP]:
        os.unlink(entry.path)


def trusted(folder: str) -> bool:
    """Whether nobody but this user and root could have put something there."""
    path = os.path.abspath(folder)
    allowed = {0, os.geteuid()}
    while True:
        try:
            facts = os.lstat(path)
        except OSError:
            return False
        sticky = facts.st_mode & stat.S_ISVTX and path != os.path.abspath(folder)
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in allowed or (facts.st_mode & 0o022 and not sticky):
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)

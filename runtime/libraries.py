"""Programs and libraries by name: `libc` as the loader finds it, `bash` as the shell does.

The loader's cache is a table of names and paths (glibc, sysdeps/generic/dl-cache.h: `struct cache_file_new`); where
there is none, as with musl, libraries are looked for in the usual folders.
"""

import os
import re
import struct
from collections.abc import Iterator
from functools import cache

_CACHE = "/etc/ld.so.cache"
_MAGIC = b"glibc-ld.so.cache1.1"
_HEADER = 48
_ENTRY = struct.Struct("=iIIIQ")
_FOLDERS = ("/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64")


def candidates(name: str) -> Iterator[str]:
    """Files that a name may mean, best first; some of them may not be there, or not be what is wanted."""
    if "/" in name:
        yield name
        return
    library = name.startswith("lib") or ".so" in name
    if library:
        yield from _libraries(name)
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        path = f"{folder or '.'}/{name}"
        if os.access(path, os.X_OK):
            yield path
    if not library:
        yield from _libraries(f"lib{name}")


def names() -> list[str]:
    """Names of libraries and commands, to suggest one."""
    found = {re.split(r"\.so\b|-\d", name)[0] for name, _ in _cached()}
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        try:
            found.update(os.listdir(folder or "."))
        except OSError:
            continue
    return sorted(found)


def _libraries(name: str) -> Iterator[str]:
    """`libc` is any version, the newest first; `libc.so.6` that one."""
    known = _cached() or _in_folders()
    stem = name if ".so" in name else f"{name}.so"
    matching = [(each, path) for each, path in known if each == stem or each.startswith(f"{stem}.")]
    versions = re.compile(r"\d+")
    for _, path in sorted(matching, key=lambda it: [-int(n) for n in versions.findall(it[0][len(stem) :])]):
        yield path


@cache
def _cached() -> tuple[tuple[str, str], ...]:
    """Names and paths of the loader's cache; none where it cannot be read."""
    try:
        with open(_CACHE, "rb") as file:
            content = file.read()
    except OSError:
        return ()
    return parse_cache(content)


def parse_cache(content: bytes) -> tuple[tuple[str, str], ...]:
    """Names and paths, in the order of the file; older caches have an older table before the one that is read."""
    start = content.find(_MAGIC)
    if start < 0 or len(content) < start + _HEADER:
        return ()
    (count,) = struct.unpack_from("=I", content, start + len(_MAGIC))
    end = min(start + _HEADER + count * _ENTRY.size, len(content))
    table = content[start + _HEADER : end - (end - start - _HEADER) % _ENTRY.size]

    def text(offset: int) -> str:
        at = start + offset
        return content[at : content.find(b"\0", at)].decode("utf-8", "surrogateescape")

    return tuple((text(key), text(value)) for _, key, value, _, _ in _ENTRY.iter_unpack(table))


@cache
def _in_folders() -> tuple[tuple[str, str], ...]:
    machine = os.uname().machine
    found = []
    for folder in (*(f"{base}/{machine}-linux-{libc}" for base in ("/lib", "/usr/lib") for libc in ("gnu", "musl")),
                   *_FOLDERS):  # fmt: skip
        try:
            inside = sorted(os.listdir(folder))
        except OSError:
            continue
        found += [(name, f"{folder}/{name}") for name in inside if ".so" in name]
    return tuple(found)

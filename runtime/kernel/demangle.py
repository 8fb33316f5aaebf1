"""C++ names as they were written: `_ZN2ns1fEi` -> `ns::f(int)`, by the C++ library where there is one.

`__cxa_demangle` of the Itanium C++ ABI (section 3.4), which libstdc++ and libc++abi export. Rust's own names begin with
`_R` (v0, see `rust_names.py`) or are C++ names that end in a hash (legacy): of these the hash is taken off.
"""

import ctypes
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from ..rust_names import rust_name

_LIBRARIES = ("libstdc++.so.6", "libc++abi.so.1", "libc++.so.1")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")
_RUST_ESCAPES = {"$LT$": "<", "$GT$": ">", "$LP$": "(", "$RP$": ")", "$C$": ",", "$BP$": "*", "$RF$": "&", "$SP$": "@",
                 "$u20$": " ", "$u27$": "'", "$u5b$": "[", "$u5d$": "]", "$u7b$": "{", "$u7d$": "}", "$u7e$": "~",
                 "..": "::"}  # fmt: skip
_RUST_ESCAPE = re.compile("|".join(map(re.escape, _RUST_ESCAPES)))


def demangle(name: str) -> str:
    """The name as its language writes it; the same name where that is not known."""
    if name.startswith("_R"):
        return rust_name(name)
    if not name.startswith("_Z"):
        return name
    shown = _demangler()(name)
    if not _RUST_HASH.search(shown):
        return shown
    plain = _RUST_ESCAPE.sub(lambda found: _RUST_ESCAPES[found[0]], _RUST_HASH.sub("", shown))
    return re.sub(r"(^|::)_<", r"\1<", plain)


@cache
def _demangler() -> Callable[[str], str]:
    function = _library_function()
    if function is None:
        return lambda name: name
    function.restype = ctypes.c_void_p
    function.argtypes = (ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    free = ctypes.CDLL(None).free
    free.restype, free.argtypes = None, (ctypes.c_void_p,)

    def through_library(name: str) -> str:
        found = function(name.encode("utf-8", "surrogateescape"), None, None, None)
        if not found:
            return name
        text = ctypes.string_at(found).decode("utf-8", "replace")
        free(found)
        return text

    return through_library


def _library_function() -> "ctypes._NamedFuncPointer | None":
    for library in _LIBRARIES:
        with suppress(OSError, AttributeError):
            return ctypes.CDLL(library)["__cxa_demangle"]
    return None

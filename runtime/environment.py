"""The environment variables that a script may look at, as `Options.environment` wants them.

`kprobe:x { print($HOME) }`   ->   (("HOME", "/root"),)

Every `$name` in the text counts, so that a compiled script in the cache is the one for just these values.
"""

import os


def environment(text: str) -> tuple[tuple[str, str], ...]:
    """Those that are set, by name; without `re`, which a warm start does not load."""
    names = {_name(part) for part in text.split("$")[1:]}
    return tuple((name, os.environ[name]) for name in sorted(names) if name in os.environ)


def _name(text: str) -> str:
    """The name that a text begins with, or ""."""
    length = 0
    while text[length : length + 1].isidentifier() or (length and text[length : length + 1].isdecimal()):
        length += 1
    return text[:length]

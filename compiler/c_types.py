"""Names of C's integer types, and of the kernel's: `unsigned int` and `u32` are the same `Int(32, signed=False)`.

Sizes are those of 64-bit Linux (LP64), include/uapi/asm-generic/int-l64.h and posix_types.h.
"""

from .types import Int, Pointer, Space, Struct, Type

_WORDS = {"char": 8, "short": 16, "int": 32, "long": 64, "long long": 64}


def _named() -> dict[str, Int]:
    found = {"bool": Int(8, False), "_Bool": Int(8, False), "char": Int(8), "float": Int(32), "double": Int(64)}
    for bits in (8, 16, 32, 64):
        for name, signed in (("s", True), ("u", False), ("int", True), ("uint", False), ("__s", True), ("__u", False)):
            found[f"{name}{bits}"] = Int(bits, signed)
        found[f"int{bits}_t"], found[f"uint{bits}_t"] = Int(bits), Int(bits, False)
    for word, bits in _WORDS.items():
        for tail in ("", " int") if word not in ("char", "int") else ("",):
            found[word + tail] = found["signed " + word + tail] = Int(bits)
            found["unsigned " + word + tail] = Int(bits, False)
    found |= {"signed": Int(32), "unsigned": Int(32, False), "size_t": Int(64, False), "ssize_t": Int(64)}
    found |= {"pid_t": Int(32), "uid_t": Int(32, False), "gid_t": Int(32, False), "off_t": Int(64), "loff_t": Int(64)}
    found |= {"dev_t": Int(32, False), "umode_t": Int(16, False), "sector_t": Int(64, False), "time_t": Int(64)}
    found |= {"gfp_t": Int(32, False), "fmode_t": Int(32, False), "uintptr_t": Int(64, False), "intptr_t": Int(64)}
    return found


INTEGERS = _named()
_QUALIFIERS = frozenset({"const", "volatile", "restrict", "__user", "__kernel", "__rcu", "__percpu"})


def pointer(text: str, space: Space) -> Pointer:
    """What `const char *const *`, as the kernel's formats spell it, points to; None for what is not known."""
    words = [word for word in text.replace("*", " * ").split() if word not in _QUALIFIERS]
    base = " ".join(word for word in words if word != "*")
    target: Type | None = Struct(base) if base.startswith("struct ") else INTEGERS.get(base)
    for _ in range(words.count("*") - 1):
        target = Pointer(target)
    return Pointer(target, space)

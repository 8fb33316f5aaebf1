"""Types of modules as the kernel shows them in /sys/kernel/btf, written by hand: for kernels that have no modules.

The format is that of Documentation/bpf/btf.rst; the numbers of types and of strings go on where the kernel's end.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

from plytrace.runtime.kernel import btf

_STRUCT, _POINTER, _TYPEDEF, _FUNC, _PROTO = 4, 2, 8, 12, 13


class SplitTypes:
    """The types of one module; each method gives the number of what it adds."""

    def __init__(self) -> None:
        header = struct.unpack("=HBBIIIII", Path(btf.VMLINUX).read_bytes()[:24])
        self._start, self._strings = header[-1], b""
        self._types: list[bytes] = []

    def _name(self, text: str) -> int:
        place = self._start + len(self._strings)
        self._strings += text.encode() + b"\0"
        return place if text else 0

    def _add(self, name: str, kind: int, parts: int, size: int, rest: bytes = b"") -> int:
        self._types.append(struct.pack("=III", self._name(name) if name else 0, kind << 24 | parts, size) + rest)
        return btf.count() + len(self._types) - 1

    def record(self, name: str, size: int, members: Sequence[tuple[str, int, int]]) -> int:
        """Members are (name, type, offset in bytes)."""
        rest = b"".join(struct.pack("=III", self._name(each), kind, 8 * offset) for each, kind, offset in members)
        return self._add(f"{name}", _STRUCT, len(members), size, rest)

    def pointer(self, target: int) -> int:
        return self._add("", _POINTER, 0, target)

    def tracepoint(self, name: str, parameters: Sequence[tuple[str, int]]) -> None:
        """What include/linux/tracepoint.h and include/trace/bpf_probe.h leave of one."""
        given = [("__data", self.pointer(0)), *parameters]
        rest = b"".join(struct.pack("=II", self._name(each), kind) for each, kind in given)
        prototype = self._add("", _PROTO, len(given), 0, rest)
        self._add(f"__traceiter_{name}", _FUNC, 1, prototype)
        self._add(f"btf_trace_{name}", _TYPEDEF, 0, self.pointer(prototype))

    def content(self) -> bytes:
        types, strings = b"".join(self._types), self._strings
        return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings

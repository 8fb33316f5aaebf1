"""What the kernel's BTF describes. Names are looked up in its strings, types through libbpf.

A raw tracepoint NAME that `tp_btf` programs can use has a typedef `btf_trace_NAME` in the BTF of the kernel
or of its module. No other kind of type has such names, so finding the name among the strings is enough:
0.2 ms by mmap (Linux 6.16), 3 ms by reading, against 9 ms for libbpf to parse all of it.
Layout: `struct btf_header` in linux/btf.h.
"""

import mmap
import os
import re
import struct
from collections.abc import Iterator
from functools import cache
from typing import Literal

from . import libbpf
from .failure import refusal

FOLDER = "/sys/kernel/btf"
VMLINUX = f"{FOLDER}/vmlinux"

Kind = Literal["int", "struct", "union", "enum", "typedef", "func"]
_KINDS: dict[Kind, int] = {"int": 1, "struct": 4, "union": 5, "enum": 6, "typedef": 8, "func": 12}


def has_raw_tracepoint(name: str) -> bool:
    """Whether the kernel or one of its loaded modules describes raw tracepoint `name`."""
    wanted = b"\0btf_trace_%s\0" % name.encode()
    return _mentions("vmlinux", wanted) or any(_mentions(module, wanted) for module in _modules())


def raw_tracepoint_id(name: str) -> int:
    """The number of raw tracepoint `name` in the kernel's own BTF; 0 for one of a module. HostError `no-btf`."""
    found = libbpf.library().btf__find_by_name_kind(parsed(), f"btf_trace_{name}".encode(), _KINDS["typedef"])
    return max(0, int(found))


def raw_tracepoints() -> list[str]:
    """The names of all raw tracepoints that the kernel and its loaded modules describe, sorted."""
    names: set[str] = set()
    for part in ("vmlinux", *_modules()):
        content, start = _strings(part)
        found = re.compile(rb"\0btf_trace_(\w+)(?=\0)").findall(content, start)
        names.update(name.decode() for name in found)
    return sorted(names)


def iterators() -> list[str]:
    """Names of which there is a `bpf_iter_NAME`, sorted: lists to go through, and some that are not."""
    content, start = _strings("vmlinux")
    return sorted({name.decode() for name in re.compile(rb"\0bpf_iter_([a-z]\w*)(?=\0)").findall(content, start)})


def has_type(name: str, kind: Kind) -> bool:
    """Whether the kernel itself (not a module) describes a type; parses its BTF once, in 9 ms. HostError `no-btf`."""
    return type_number(name, kind) > 0


def type_number(name: str, kind: Kind) -> int:
    """The number of a type in the kernel's BTF, 0 or less where it has none; HostError `no-btf`."""
    return int(libbpf.library().btf__find_by_name_kind(parsed(), name.encode(), _KINDS[kind]))


@cache
def parsed() -> int:
    """libbpf's handle of the kernel's types; parsed once, in 9 ms. HostError `no-btf`."""
    handle = libbpf.library().btf__load_vmlinux_btf()
    if not handle:
        raise refusal("no-btf", f"cannot read {VMLINUX}", libbpf.last_error(), notes=libbpf.messages().take())
    return int(handle)


@cache
def count() -> int:
    """The number of the first type that a module can have of its own: so many has the kernel, void included."""
    return int(libbpf.library().btf__type_cnt(parsed()))


@cache
def of_module(number: int) -> int:
    """libbpf's handle of the types of module `number`, those of the kernel included. HostError `no-btf`."""
    path = f"{FOLDER}/{_modules()[number - 1]}"
    handle = libbpf.library().btf__parse_split(path.encode(), parsed())
    if not handle:
        raise refusal("no-btf", f"cannot read {path}", libbpf.last_error(), notes=libbpf.messages().take())
    return int(handle)


def modules_that_mention(name: str) -> Iterator[int]:
    """The numbers of loaded modules, from one, that have such a name."""
    wanted = b"\0%s\0" % name.encode()
    return (number for number, module in enumerate(_modules(), start=1) if _mentions(module, wanted))


def string_offset(name: str) -> int:
    """Where a name is among the strings of the kernel's BTF; 0 where it is not."""
    content, start = _strings("vmlinux")
    found = content.find(b"\0%s\0" % name.encode(), start)
    return found + 1 - start if found >= 0 else 0


def text_at(offset: int) -> bytes:
    """The string that begins there among those of the kernel's BTF."""
    content, start = _strings("vmlinux")
    return content[start + offset : content.find(b"\0", start + offset)]


def type_section() -> bytes:
    """All type records of the kernel's BTF."""
    with open(VMLINUX, "rb") as file:
        _, _, _, header_length, offset, length, _, _ = struct.unpack("=HBBIIIII", file.read(24))
        file.seek(header_length + offset)
        return file.read(length)


_seen: list[str] = []


def _modules() -> list[str]:
    """Those that are loaded, and those that once were: each keeps its number."""
    present = os.listdir(FOLDER) if os.path.isdir(FOLDER) else []
    _seen.extend(sorted({*present} - {"vmlinux", *_seen}))
    return _seen


def _mentions(part: str, wanted: bytes) -> bool:
    content, start = _strings(part)
    return content.find(wanted, start) >= 0


@cache
def _strings(part: str) -> tuple[bytes | mmap.mmap, int]:
    """A buffer and where in it the strings begin; a buffer of nothing where there is no such BTF."""
    try:
        with open(f"{FOLDER}/{part}", "rb") as file:
            header = file.read(24)
            _, _, _, header_length, _, _, offset, length = struct.unpack("=HBBIIIII", header)
            start = header_length + offset
            try:
                return mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ), start
            except OSError:  # ENODEV before Linux 6.16, and for modules
                file.seek(start)
                return file.read(length), 0
    except FileNotFoundError:
        return b"", 0
    except OSError as error:
        raise refusal("no-btf", f"cannot read {FOLDER}/{part}", error) from error

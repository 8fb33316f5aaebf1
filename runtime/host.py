"""This machine's answers to the compiler: features by trying, functions and tracepoints by listing them.

Nothing is read before it is asked for, and nothing twice.
"""

import os
from collections.abc import Iterable, Sequence
from fnmatch import translate
from functools import cached_property
from re import compile as compile_pattern

from ..compiler.binary import Binary
from ..compiler.host import Feature, Missing, Prototype, RecordLayout, TracepointField
from ..compiler.types import Type
from . import libraries
from .kernel import btf, btf_types, cpus, features, tracefs

_GLOB = frozenset("*?[")
_INTERNAL = ("__ftrace_invalid_address__", "__bpf_trace_", "__cfi_", "__pfx_")


class LiveHost:
    """The machine that this process runs on."""

    def __init__(self) -> None:
        self.machine, self.cpus = os.uname().machine, cpus.limit()
        self._features: dict[Feature, Missing | None] = {}
        self._binaries: dict[str, Binary | Missing] = {}

    def missing(self, feature: Feature) -> Missing | None:
        """See `Host.missing`."""
        if feature not in self._features:
            self._features[feature] = features.missing(feature)
        return self._features[feature]

    def functions(self, pattern: str) -> Sequence[str]:
        """See `Host.functions`: from tracefs `available_filter_functions`, else what kallsyms has as code."""
        module, _, pattern = pattern.rpartition(":")
        if _GLOB.isdisjoint(pattern):
            found = [pattern] if pattern in self._traceable else []
        else:
            matches = compile_pattern(translate(pattern)).match
            found = sorted(name for name in self._traceable if matches(name))
        return [name for name in found if module in self._traceable[name]] if module else found

    def namesakes(self, names: Sequence[str], module: str = "") -> Sequence[tuple[str, int]]:
        """See `Host.namesakes`: from tracefs `available_filter_functions_addrs` (Linux 6.5), else from kallsyms."""
        wanted = {name for name in names if len(self._traceable.get(name, ())) > 1}
        if not wanted:
            return []
        try:
            with open(f"{tracefs.folder()}/available_filter_functions_addrs", encoding="ascii") as file:
                found = [(it[0], it[1], it[2:]) for it in map(str.split, file) if it[1] in wanted]
        except OSError:
            with open("/proc/kallsyms", encoding="ascii") as file:
                symbols = (line.split() for line in file)
                found = [(it[0], it[2], it[3:]) for it in symbols if it[2] in wanted and it[1] in "tTwW"]
        places = [(name, int(address, 16)) for address, name, where in found if not module or _module(where) == module]
        return [(name, address) for name, address in sorted(places) if address]

    def is_function(self, name: str) -> bool:
        """See `Host.is_function`."""
        return name in self._code

    def address(self, name: str) -> int | None:
        """See `Host.address`."""
        with open("/proc/kallsyms", encoding="ascii") as file:
            found = (line.split(maxsplit=3) for line in file if f" {name}\n" in line or f" {name}\t" in line)
            return next((int(words[0], 16) for words in found), 0) or None

    @cached_property
    def _traceable(self) -> dict[str, list[str]]:
        """Functions that can be probed, with their modules, several where as many share a name: `c_start`."""
        try:
            with open(f"{tracefs.folder()}/available_filter_functions", encoding="ascii") as file:
                return _functions(line.split() for line in file)
        except OSError:
            return self._code

    @cached_property
    def _code(self) -> dict[str, list[str]]:
        with open("/proc/kallsyms", encoding="ascii") as file:
            symbols = (line.split() for line in file)
            return _functions(it[2:] for it in symbols if it[1] in "tTwW")

    def tracepoints(self, pattern: str) -> Sequence[str]:
        """See `Host.tracepoints`: from tracefs `events`; none where there is no tracefs."""
        try:
            events = f"{tracefs.folder()}/events"
        except OSError:
            return []
        group, _, name = pattern.partition(":")
        if _GLOB.isdisjoint(pattern):
            plain = group and name and "/" not in pattern and os.path.exists(f"{events}/{group}/{name}/id")
            return [pattern] if plain else []
        matches = compile_pattern(translate(pattern)).match
        found = []
        for folder in os.scandir(events):
            if folder.is_dir() and (not _GLOB.isdisjoint(group) or folder.name == group):
                inside = (f"{folder.name}:{entry.name}" for entry in os.scandir(folder.path) if entry.is_dir())
                found += [point for point in inside if matches(point)]
        return sorted(found)

    def tracepoint_fields(self, group: str, name: str) -> Sequence[TracepointField]:
        """See `Host.tracepoint_fields`: from the event's `format` file."""
        with open(f"{tracefs.folder()}/events/{group}/{name}/format", encoding="utf-8") as file:
            return [_field(line) for line in file if line.startswith("\tfield:")]

    def record(self, name: str) -> RecordLayout | None:
        """See `Host.record`."""
        return None if self.missing("btf") else btf_types.record(name)

    def type_named(self, name: str) -> Type | None:
        """See `Host.type_named`."""
        return None if self.missing("btf") else btf_types.named(name)

    def enumerator(self, name: str) -> int | None:
        """See `Host.enumerator`."""
        return None if self.missing("btf") else btf_types.enumerator(name)

    def has_raw_tracepoint(self, name: str) -> bool:
        """See `Host.has_raw_tracepoint`."""
        return btf.has_raw_tracepoint(name)

    def raw_tracepoints(self, pattern: str) -> Sequence[str]:
        """See `Host.raw_tracepoints`."""
        matches = compile_pattern(translate(pattern)).match
        return [name for name in btf.raw_tracepoints() if matches(name)]

    def raw_tracepoint(self, name: str) -> Prototype | None:
        """See `Host.raw_tracepoint`."""
        return None if self.missing("btf") else btf_types.raw_tracepoint(name)

    def iterators(self) -> Sequence[str]:
        """See `Host.iterators`."""
        return [] if self.missing("btf") else btf_types.iterators()

    def prototype(self, function: str) -> Prototype | None:
        """See `Host.prototype`."""
        return None if self.missing("btf") else btf_types.prototype(function)

    def binary(self, name: str) -> Binary | Missing:
        """See `Host.binary`."""
        from .binaries import find_binary  # ELF files concern few scripts, and take 15 ms to import

        if name not in self._binaries:
            self._binaries[name] = find_binary(name)
        return self._binaries[name]

    def binaries(self) -> Sequence[str]:
        """See `Host.binaries`."""
        return libraries.names()


def _functions(lines: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """`["tcp_v4_rcv"]`, `["nft_do_chain", "[nf_tables]"]` -> modules by name, `vmlinux` for the kernel itself."""
    found: dict[str, list[str]] = {}
    for words in lines:
        if not words[0].startswith(_INTERNAL):
            found.setdefault(words[0], []).append(_module(words[1:]))
    return found


def _module(words: Sequence[str]) -> str:
    return words[0].strip("[]") if words else "vmlinux"


def _field(line: str) -> TracepointField:
    r"""`\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;` -> name `comm`, type `char[16]`."""
    parts = dict(part.strip().split(":", 1) for part in line.strip().rstrip(";").split(";"))
    declaration, bracket, length = parts["field"].partition("[")
    kind, _, name = declaration.rpartition(" ")
    if declaration.startswith("__data_loc"):  # `__data_loc char[] name`: here the brackets are the type's
        kind, bracket, length, name = declaration, "[", "]", parts["field"].rpartition(" ")[2]
    size = int(parts["size"])
    return TracepointField(name, kind + bracket + length, int(parts["offset"]), size, parts.get("signed") == "1")

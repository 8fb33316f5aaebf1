"""All probes there are, by the beginning of their names: listed once, in the background, and then found by bisection.

    index.matching("tracepoint:sched:sched_sw")  ->  [("tracepoint:sched:sched_switch", "char[16] prev_comm, ...")]

Providers whose probes are in files (`uprobe:FILE:NAME`) list the files first, and those of one file once it is named.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from threading import Lock, Thread

from ...compiler.host import Host
from ...compiler.registry import providers
from ...grammar.diagnostic import PlyError

Entry = tuple[str, str]
"""A probe, and what it offers."""

MOST = 300
"""Choices that are of use to a person."""


class ProbeIndex:
    """Filled when it is asked, or beforehand by `fill`; may be used by several threads."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._guard = Lock()
        self._locks: dict[tuple[str, str], Lock] = {}
        self._lists: dict[tuple[str, str], Sequence[Entry]] = {}

    def fill(self) -> Thread:
        """List everything in a thread of its own, and have it ready soon; the prompt does not wait for it."""
        thread = Thread(target=self._fill, name="probes", daemon=True)
        thread.start()
        return thread

    def _fill(self) -> None:
        for name in {entry.name: entry for entry in providers().values()}:
            self._listed(name, "")

    def matching(self, typed: str) -> Sequence[Entry]:
        """Probes that begin so, `MOST` at most; of tracepoints and the like the groups first, where there are several.

        Where none begins so: those that have it somewhere. A provider's alias stays what it is: `t:sched:...`.
        """
        word, colon, target = typed.partition(":")
        if not colon:
            return _starts(word)
        if word not in providers():
            return ()
        name = providers()[word].name
        found = self._find(name, target)
        return [(f"{word}{probe.removeprefix(name)}", fields) for probe, fields in found]

    def _find(self, name: str, target: str) -> Sequence[Entry]:
        file, colon, _ = target.partition(":")
        entries = self._listed(name, "")
        if not entries or (colon and entries[0][0].endswith(":")):
            entries = self._listed(name, file) if colon else entries
        wanted = f"{name}:{target}"
        first = bisect_left(entries, wanted, key=lambda entry: entry[0])
        last = bisect_left(entries, wanted + "\U0010ffff", key=lambda entry: entry[0])
        if first < last:
            return _grouped(entries[first:last], len(wanted))[:MOST]
        return [entry for entry in entries if target and target in entry[0].partition(":")[2]][:MOST]

    def _listed(self, name: str, file: str) -> Sequence[Entry]:
        """The sorted probes of a provider, or those that it has in a file; files, where it has nothing without one."""
        with self._guard:
            lock = self._locks.setdefault((name, file), Lock())
        with lock:  # of this list alone: nobody waits for what he has not asked for
            if (name, file) not in self._lists:
                try:
                    found = list(providers()[name].listing(f"{file}:*" if file else "*", self.host))
                except (PlyError, OSError):
                    found = []
                if not file and providers()[name].in_files:
                    found = [(f"{name}:{binary}:", "") for binary in self.host.binaries()]
                self._lists[name, file] = sorted(found)
            return self._lists[name, file]


def _starts(word: str) -> Sequence[Entry]:
    """Providers whose names begin so, ready for what comes behind them."""
    known: Mapping[str, object] = {entry.name: entry for entry in providers().values()}
    names = [name for name in known if name.startswith(word)] or [name for name in providers() if name == word]
    return [(name if name.isupper() else f"{name}:", "") for name in sorted(names)]


def _grouped(entries: Sequence[Entry], typed: int) -> Sequence[Entry]:
    """Only what comes up to the next colon, where that is not the same for all."""
    groups: dict[str, int] = {}
    for probe, _ in entries:
        colon = probe.find(":", typed)
        if colon < 0 or colon == len(probe) - 1:
            return entries
        groups[probe[: colon + 1]] = groups.get(probe[: colon + 1], 0) + 1
    if len(groups) == 1:
        return entries
    return [(group, f"{count} probe{'s' * (count > 1)}") for group, count in groups.items()]

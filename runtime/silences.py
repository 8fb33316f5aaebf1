"""Probes that saw nothing: what a person is told of them.

kprobe:SyS_open alone        ->   kprobe:SyS_open: 0 events; programs here call openat(2): try SyS_openat
several, and nothing to try  ->   kprobe:SyS_creat, kprobe:SyS_openat2: 0 events
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Silence(NamedTuple):
    """A probe that saw no event; `instead` is what programs called in its place, and `probe` how to see that."""

    text: str
    instead: str = ""
    probe: str = ""

    def __str__(self) -> str:
        hint = f"; programs here call {self.instead}(2): try {self.probe.partition(':')[2]}" if self.instead else ""
        return f"{self.text}: 0 events{hint}"


def told(silences: Iterable[Silence]) -> Iterator[str]:
    """A line for each that something can be done about, and one for all others."""
    others = []
    for silence in silences:
        if silence.instead:
            yield str(silence)
        else:
            others.append(silence.text)
    if others:
        yield str(Silence(", ".join(others)))

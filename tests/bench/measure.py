"""Commands measured in turns, A B A B: what else the machine does meets them all alike. Medians, with their range."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

WAIT = 120


class Sample(NamedTuple):
    """One run: seconds that passed, seconds of processor time, peak memory in MB, and what it said."""

    wall: float
    cpu: float
    memory: float
    stdout: str
    stderr: str

    @property
    def call(self) -> float:
        """Nanoseconds that a call of `calls` took."""
        found = re.findall(r"calls: ([\d.]+) ns", self.stderr)
        if not found:
            raise RuntimeError(f"no calls were made:\n{self.stderr}")
        return sum(map(float, found)) / len(found)


class Figure(NamedTuple):
    """The middle of several values, and the least and the largest."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        """Of values in any order."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        digits = 0 if self.most >= 100 else 1 if self.most >= 10 else 2
        return f"{self.middle:.{digits}f} ({self.least:.{digits}f}..{self.most:.{digits}f})"


Table = list[list[str]]
"""Rows of cells; the first is the head."""
Way = Callable[[], Sample]
"""One way to do what is measured."""


def run(words: Sequence[str], variables: Mapping[str, str] | None = None) -> Sample:
    """Run a command to its end; its children count as far as it waits for them."""
    environment = {**os.environ, **(variables or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT)
    wall = time.perf_counter() - started
    out, err = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\nended with status {done.returncode}:\n{err}")
    return Sample(wall, 0, 0, out, err)


def timed(words: Sequence[str]) -> Sample:
    """The same without its output, but with processor time and memory."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    started = time.perf_counter()
    process = os.posix_spawnp(words[0], words, environment, file_actions=silent)
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - started
    if status:
        raise RuntimeError(f"{' '.join(words)}\nended with status {os.waitstatus_to_exitcode(status)}")
    return Sample(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, "", "")


def in_turns(ways: Mapping[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample]]:
    """Each way once, then each once more, and so on."""
    found: dict[str, list[Sample]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def extra(samples: Mapping[str, Sequence[Sample]], name: str, without: str) -> Figure:
    """What each call costs more than without, from pairs that ran next to each other."""
    pairs = zip(samples[name], samples[without], strict=True)
    return Figure.of([one.call - other.call for one, other in pairs])


def ratio(samples: Mapping[str, Sequence[Sample]], name: str, other: str, of: Callable[[Sample], float]) -> Figure:
    """How many times as much, from pairs that ran next to each other."""
    pairs = zip(samples[name], samples[other], strict=True)
    return Figure.of([of(one) / of(another) for one, another in pairs if of(another) > 0])

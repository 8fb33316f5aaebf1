"""The command `ply` as its users start it, and a program whose system calls are known to the last one."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any

import pytest

PLY = Path(sys.executable).parent / "ply"
CACHE = Path("/var/cache/plytrace")
KPROBES = Path("/sys/bus/event_source/devices/kprobe").exists()
EMULATED = "QEMU TCG" in Path("/proc/cpuinfo").read_text()
WORK_SOURCE = Path(__file__).with_name("work.c")
_NATIVE_START = 0.015
"""Seconds that an empty Python takes to start where tests are developed."""


@cache
def slowness() -> float:
    """How much slower this machine is than those where tests are developed: 20 under emulation, never below 1."""
    took = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        took.append(time.perf_counter() - started)
    return max(1.0, min(took) / _NATIVE_START)


def patience(seconds: float) -> float:
    """How long to wait for what takes less than `seconds` on a machine at rest."""
    return seconds * slowness()


def until(done: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait for a condition; fails where it does not come."""
    deadline = time.monotonic() + patience(seconds)
    while not done():
        assert time.monotonic() < deadline, f"waited too long for {what}"
        time.sleep(0.005)


@dataclass(frozen=True)
class Result:
    """What came of a command; `records` are the lines of `-f json`."""

    status: int
    stdout: str
    stderr: str

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The records of one type."""
        return [record for record in self.records if record["type"] == kind]

    def rows(self, name: str = "@") -> dict[tuple[Any, ...], Any]:
        """A map: key -> value; empty where it was not printed."""
        rows = [row for record in self.of("map") if record["name"] == name for row in record["rows"]]
        return {tuple(_hashable(part) for part in row["key"]): row["value"] for row in rows}

    def value(self, name: str = "@") -> Any:
        """The value of a map without keys."""
        return self.rows(name).get(())

    def printed(self) -> list[str]:
        """The texts of `printf` and `print`."""
        return [record["text"] for record in self.of("print")]

    def lost(self) -> dict[tuple[str, str], int]:
        """What was lost, by place and reason."""
        found: dict[tuple[str, str], int] = {}
        for record in self.of("lost"):
            place = (record["where"], record["reason"])
            found[place] = found.get(place, 0) + record["count"]
        return found


def _hashable(part: Any) -> Any:
    return tuple(part) if isinstance(part, list) else part


class Running:
    """A command that runs, its output in files."""

    def __init__(self, words: Sequence[str], folder: Path, **options: Any) -> None:
        self.out, self.err = folder / "stdout", folder / "stderr"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            streams: Mapping[str, IO[bytes] | int] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
            self.process = subprocess.Popen(words, **{"env": environment, **streams, **options})
        self.pid = self.process.pid

    def has_printed(self, text: str) -> bool:
        return text.encode() in self.out.read_bytes()

    def wait_for(self, text: str) -> None:
        """Until `text` is in the output."""
        until(lambda: self.has_printed(text) or self.process.poll() is not None, f"{text!r} in the output")
        assert self.has_printed(text), self.finish()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def finish(self, seconds: float = 60) -> Result:
        """Wait for its end. A traceback is always a bug."""
        try:
            status = self.process.wait(patience(seconds))
        except subprocess.TimeoutExpired:
            self.send(signal.SIGABRT)  # Python's fault handler says where it was
            self.process.wait()
            pytest.fail(f"still running after {patience(seconds):.0f} s: {self.process.args}\n{_text(self.err)}")
        result = Result(status, _text(self.out), _text(self.err))
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


class Ply:
    """Starts `ply` with arguments: `ply(...)` to its end, `ply.start(...)` in the background."""

    def __init__(self, folder: Path) -> None:
        self.folder = self._folder = folder
        self.running: list[Running] = []

    def start(
        self,
        *arguments: str | Path,
        command: Sequence[str | Path] = (),
        prefix: Sequence[str | Path] = (),
        **options: Any,
    ) -> Running:
        """`command` goes behind `--`, `prefix` before `ply` itself; `options` are those of subprocess.Popen."""
        folder = self._folder / str(len(self.running))
        folder.mkdir()
        words = [str(word) for word in (*prefix, PLY, *arguments, *(("--", *command) if command else ()))]
        self.running.append(Running(words, folder, **options))
        return self.running[-1]

    def __call__(self, *arguments: str | Path, **options: Any) -> Result:
        return self.start(*arguments, **options).finish()

    def json(self, *arguments: str | Path, **options: Any) -> Result:
        """The same with `-f json`, where it ended well."""
        result = self("-f", "json", *arguments, **options)
        assert result.status == 0, result
        return result

    def close(self) -> None:
        for running in self.running:
            running.kill()


@pytest.fixture
def ply(tmp_path_factory: pytest.TempPathFactory, private_cache: None) -> Iterator[Ply]:
    """The command; whatever of it still runs at the end of the test is killed."""
    ply = Ply(tmp_path_factory.mktemp("ply"))
    yield ply
    ply.close()


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of work.c: `[work, "read", "4096", "10"]` makes exactly ten reads."""
    return compiled(WORK_SOURCE, tmp_path_factory.mktemp("work") / "work", "-O1", "-static", "-pthread")


def compiled(source: Path, path: Path, *flags: str) -> Path:
    """A C program, at `path`."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.fail(f"there is no C compiler (cc) for {source.name}")
    subprocess.run([compiler, *flags, "-o", path, source], check=True)
    return path


def stopped(pid: int) -> bool:
    """Whether a process has stopped (`work stop`)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.fixture(scope="session")
def private_cache() -> None:
    """A /var/cache of our own, empty and gone with this process: nobody's compiled scripts are read or thrown away."""
    if os.geteuid() != 0:
        pytest.skip("mounts a file system: needs root")
    libc = ctypes.CDLL(None, use_errno=True)
    new_namespace, private_and_below = 0x20000, 1 << 18 | 1 << 14  # CLONE_NEWNS; MS_PRIVATE | MS_REC
    for result in (
        libc.unshare(new_namespace),
        libc.mount(b"none", b"/", None, private_and_below, None),
        libc.mount(b"tmpfs", str(CACHE.parent).encode(), b"tmpfs", 0, b"mode=755"),
    ):
        if result:
            number = ctypes.get_errno()
            pytest.fail(f"cannot hide {CACHE.parent}: {os.strerror(number)}")

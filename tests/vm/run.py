"""Run the kernel tests inside Debian's kernels, emulated by QEMU.

Usage: python tests/vm/run.py [--kernel 6.1|6.12]... [options] [-- pytest arguments]

Contract
--------
* Boots the newest kernel of each series (both by default) that `tests/vm/setup.sh` has put into the cache folder, on
  this machine's own root file system, seen read-only, with the tracing file systems mounted and an empty `/tmp`.
* Runs there, as root, with this repository's `.venv` and `PLY_NO_SKIP=1`: `pytest tests/kernel`, plus the arguments
  given after `--`; they replace `tests/kernel` if one begins with `tests/`. With `--exec` it runs a shell command
  instead. Both see the repository as it was at the start: editing on while the tests run is safe.
* Prints what the tests print, each line after the kernel's version, and in the end a line such as
  `6.12.117+deb12-amd64: 31 passed, 0 failed, 0 skipped` for each kernel; known bugs (`xfail`) are named, if any.
* Returns 0 only if in every kernel tests were run, all passed, none was skipped, and the virtual machine reported
  pytest's exit status; 130 when interrupted. Writes nothing but byte code caches in `.venv` and files in the cache
  folder, where the folder of a run that failed is kept.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO
from xml.etree import ElementTree

REPOSITORY = Path(__file__).resolve().parents[2]
VIRTUAL_ENVIRONMENT = REPOSITORY / ".venv"
SERIES = ("6.1", "6.12")
DEFAULT_TESTS = "tests/kernel"
INNER_PATH = f"{VIRTUAL_ENVIRONMENT}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

POLL_SECONDS = 0.2
POWER_OFF_SECONDS = 20.0  # From the reported exit status to the end of QEMU.
WRAP_UP_SECONDS = 120  # Before the time-out: pytest is interrupted inside, so that it can say where it hung.
CONSOLE_LINES = 40  # Shown of a machine that did not report.
STUCK_TEST_SECONDS = 180  # pytest prints the stacks of a test running for longer.

STATUS_MEANINGS = {
    None: ", but the virtual machine reported no end",
    0: "",
    1: "",
    5: ", no tests found",
    124: ", then interrupted: out of time",
    137: ", then killed: out of time",
}
NOT_COPIED = (".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "node_modules")

# virtme-ng mounts the root file system uncached, so every page read is fetched and every instruction translated anew:
# pytest would take three times as long. Hence a second, caching view of the same root, and a chroot into it.
ROOT_DEVICE = (
    "-fsdev local,id=plyroot,path=/,security_model=none,readonly=on,multidevs=remap"
    " -device virtio-9p-pci,fsdev=plyroot,mount_tag=plyroot"
)
# The kernel distrusts the emulated time stamp counter and would take the HPET: a trap for each look at the clock.
KERNEL_ARGUMENTS = "tsc=reliable loglevel=5"

INSIDE = """\
set -e
lower=/run/ply-lower root=/run/ply-root
mkdir $lower $root
mount -t 9p -o ro,version=9p2000.L,trans=virtio,access=any,msize=512000,cache=loose plyroot $lower
mount --bind $lower $root
mounted() {{ grep -q "^[^ ]* $1 $2 " /proc/mounts; }}
mounted /sys/kernel/debug debugfs || mount -t debugfs debugfs /sys/kernel/debug
mounted /sys/kernel/tracing tracefs || mount -t tracefs tracefs /sys/kernel/tracing
mounted /sys/fs/bpf bpf || mount -t bpf bpf /sys/fs/bpf
for folder in proc sys dev; do mount --rbind /$folder $root/$folder; done
for folder in tmp var/tmp run; do
    if [ -d $root/$folder ]; then mount -t tmpfs tmpfs $root/$folder; fi
done
chmod 1777 $root/tmp $root/var/tmp
show() {{  # Let SOURCE of the host be seen at TARGET, which may lack in one of the new temporary file systems.
    [ -d "$root$2" ] || mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
}}
show $lower{tree} {repository}
show $lower{virtual_environment} {repository}/.venv
show $lower{kernel} {kernel}
show {shared} {shared}
seconds=$(({deadline} - $(date +%s)))
[ $seconds -gt 0 ] || seconds=1
set +e
timeout --signal=INT --kill-after=60 $seconds chroot $root env -i {environment} \\
    sh -c {command} </dev/null >{shared}/output.txt 2>&1
echo $? >{shared}/status.new
dmesg --level=emerg,alert,crit,err,warn >{shared}/dmesg.txt
mv {shared}/status.new {shared}/status
"""


@dataclass(frozen=True)
class Kernel:
    """A kernel unpacked by setup.sh: the folder has `boot` and `lib/modules` in it."""

    version: str
    folder: Path

    @property
    def image(self) -> Path:
        """The kernel image to boot."""
        return self.folder / "boot" / f"vmlinuz-{self.version}"


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    series: tuple[str, ...]
    cache: Path
    timeout: float
    jobs: int
    memory: str
    cpus: int
    command: str | None
    pytest: tuple[str, ...]


@dataclass
class Outcome:
    """What came of one kernel."""

    kernel: Kernel
    seconds: float = 0.0
    status: int | None = None
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    known: int = 0
    remarks: list[str] = field(default_factory=list)
    counted: bool = True

    @property
    def good(self) -> bool:
        """Whether everything ran, and ran well."""
        if self.status != 0 or self.failed or self.skipped:
            return False
        return self.passed > 0 or not self.counted

    def summary(self) -> str:
        """The line to print in the end."""
        if not self.counted:
            return f"{self.kernel.version}: exit status {self.status} ({self.seconds:.0f} s)"
        line = f"{self.kernel.version}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        line += f", {self.known} known to fail" if self.known else ""
        return line + STATUS_MEANINGS.get(self.status, f", but pytest's exit status is {self.status}")


class Progress:
    """Prints lines for several kernels at once, each after its kernel's version."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, kernel: Kernel, text: str) -> None:
        """Print each line of the text."""
        with self._lock:
            for line in text.splitlines():
                print(f"{kernel.version} | {line}", file=self._stream, flush=True)


class Tail:
    """Reads what was added to a growing file, in whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def read(self, *, to_the_end: bool = False) -> str:
        """Return the new whole lines; to_the_end: also the last one if it lacks its end."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return ""
        if not to_the_end:
            data = data[: data.rfind(b"\n") + 1]
        self._position += len(data)
        return data.decode("utf-8", errors="replace")


def cache_folder() -> Path:
    """Return the folder the kernels are in; setup.sh says the same."""
    if own := os.environ.get("PLYTRACE_VM_CACHE"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plytrace-vm"


def version_key(version: str) -> list[int]:
    """Order kernel versions by their numbers."""
    return [int(part) for part in "".join(c if c.isdigit() else " " for c in version).split()]


def find_kernel(cache: Path, series: str) -> Kernel:
    """Return the newest kernel of the series in the cache folder."""
    versions = [path.parent.parent.name for path in cache.glob(f"{series}.*/boot/vmlinuz-{series}.*")]
    if not versions:
        raise SystemExit(f"no kernel {series} in {cache}: run tests/vm/setup.sh first")
    version = max(versions, key=version_key)
    return Kernel(version, cache / version)


def find_vng() -> Path:
    """Return virtme-ng's command, from the virtual environment or else from the PATH."""
    for folder in (str(VIRTUAL_ENVIRONMENT / "bin"), None):
        if found := shutil.which("vng", path=folder):
            return Path(found)
    raise SystemExit("no virtme-ng: install the extra `vm` into .venv first")


def pytest_command(arguments: Sequence[str], report: Path) -> list[str]:
    """Return the command that runs the tests inside."""
    named = any(argument.startswith("tests/") for argument in arguments)
    return [
        f"{VIRTUAL_ENVIRONMENT}/bin/python",
        *("-P", "-m", "pytest", "-v", "--color=no", "--durations=10", "-p", "no:cacheprovider"),
        *("-o", f"faulthandler_timeout={STUCK_TEST_SECONDS}", f"--junitxml={report}"),
        *([] if named else [DEFAULT_TESTS]),
        *arguments,
    ]


def inner_environment(kernel: Kernel) -> dict[str, str]:
    """Return the whole environment of the command inside."""
    return {
        "PATH": INNER_PATH,
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "PLY_NO_SKIP": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": "/tmp/hypothesis",
        "MODPROBE_OPTIONS": f"-d {kernel.folder}",
    }


def inside_script(kernel: Kernel, tree: Path, shared: Path, options: Options) -> str:
    """Return the shell script run as root inside the virtual machine."""
    command = options.command or shlex.join(pytest_command(options.pytest, shared / "junit.xml"))
    environment = [f"{name}={value}" for name, value in inner_environment(kernel).items()]
    paths = {
        "tree": tree,
        "repository": REPOSITORY,
        "virtual_environment": VIRTUAL_ENVIRONMENT.resolve(),
        "kernel": kernel.folder,
        "shared": shared,
    }
    return INSIDE.format(
        **{name: shlex.quote(str(path)) for name, path in paths.items()},
        deadline=int(time.time() + max(options.timeout - WRAP_UP_SECONDS, options.timeout / 2)),
        environment=shlex.join(environment),
        command=shlex.quote(f"cd {shlex.quote(str(REPOSITORY))} && {command}"),
    )


def vng_command(vng: Path, kernel: Kernel, shared: Path, options: Options) -> list[str]:
    """Return the command that boots the kernel and runs the script in the shared folder."""
    return [
        *(str(vng), "--disable-kvm", "--force-9p", "--user", "root", "--run", str(kernel.image)),
        *("--memory", options.memory, "--cpus", str(options.cpus), "--rwdir", str(shared), "--cwd", "/"),
        *("--append", KERNEL_ARGUMENTS, f"--qemu-opts={ROOT_DEVICE}", "--verbose"),
        *("--exec", f"sh {shlex.quote(str(shared / 'inside.sh'))}"),
    ]


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and all those it started: politely, so that virtme-ng tidies up, then by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)


class Machine:
    """One virtual machine, from its start to its end."""

    def __init__(self, kernel: Kernel, tree: Path, shared: Path, options: Options, progress: Progress) -> None:
        self._kernel = kernel
        self._tree = tree
        self._shared = shared
        self._options = options
        self._progress = progress
        self._output = Tail(shared / "output.txt")

    def run(self, stop: threading.Event) -> int | None:
        """Boot, show the output, and return the exit status reported from inside, None without a report."""
        script = inside_script(self._kernel, self._tree, self._shared, self._options)
        (self._shared / "inside.sh").write_text(script)
        vng = find_vng()
        command = vng_command(vng, self._kernel, self._shared, self._options)
        environment = {**os.environ, "PATH": f"{vng.parent}:{os.environ['PATH']}:/usr/sbin:/sbin"}
        # QEMU opens both anew, so they have to be two: /proc/self/fd/2 for the console, /proc/self/fd/1 for the script.
        with (self._shared / "console.txt").open("wb") as console, (self._shared / "vng.txt").open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=console,
                env=environment,
                start_new_session=True,
            )
            try:
                self._watch(process, stop)
            finally:
                end_group(process)
        self._progress.say(self._kernel, self._output.read(to_the_end=True))
        return self._status()

    def _watch(self, process: subprocess.Popen[bytes], stop: threading.Event) -> None:
        deadline = time.monotonic() + self._options.timeout
        reported = False
        while process.poll() is None and not stop.wait(POLL_SECONDS):
            self._progress.say(self._kernel, self._output.read())
            if not reported and (reported := self._status() is not None):
                deadline = time.monotonic() + POWER_OFF_SECONDS
            if time.monotonic() > deadline:
                self._progress.say(self._kernel, "virtual machine killed: its time is up")
                return

    def _status(self) -> int | None:
        try:
            return int((self._shared / "status").read_text())
        except (FileNotFoundError, ValueError):
            return None


def count_tests(outcome: Outcome, report: Path) -> None:
    """Add what pytest's JUnit report says."""
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))
    except (FileNotFoundError, ElementTree.ParseError) as error:
        outcome.remarks.append(f"no usable test report: {error}")
        return
    for case in cases:
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
            outcome.remarks.append(f"failed: {name}")
        elif (skipped := case.find("skipped")) is not None:
            known = skipped.get("type") == "pytest.xfail"
            outcome.known += known
            outcome.skipped += not known
            outcome.remarks.append(f"{'known to fail' if known else 'skipped'}: {name}: {skipped.get('message')}")
        else:
            outcome.passed += 1


def kernel_complaints(shared: Path) -> list[str]:
    """Return what the kernel said about bugs of its own, if it did."""
    try:
        lines = (shared / "dmesg.txt").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    words = ("BUG:", "WARNING:", "Oops", "general protection fault", "soft lockup", "hung_task")
    return [f"the kernel said: {line}" for line in lines if any(word in line for word in words)]


def last_words(shared: Path) -> list[str]:
    """Return the ends of what the kernel and virtme-ng said outside of the tests' output."""
    found = []
    for name in ("console.txt", "vng.txt"):
        with contextlib.suppress(FileNotFoundError):
            lines = (shared / name).read_text(errors="replace").splitlines()
            found += [f"{name}: {line}" for line in lines[-CONSOLE_LINES:]]
    return found


def run_kernel(kernel: Kernel, tree: Path, options: Options, progress: Progress, stop: threading.Event) -> Outcome:
    """Boot one kernel, run everything in it and tell what came of it."""
    shared = Path(tempfile.mkdtemp(prefix=f"{kernel.version}-", dir=tree.parent))
    progress.say(kernel, "booting")
    begin = time.monotonic()
    outcome = Outcome(kernel, counted=options.command is None)
    outcome.status = Machine(kernel, tree, shared, options, progress).run(stop)
    outcome.seconds = time.monotonic() - begin
    if outcome.status is None:
        outcome.remarks += last_words(shared)
    if outcome.counted:
        count_tests(outcome, shared / "junit.xml")
    outcome.remarks += kernel_complaints(shared)
    if outcome.good or stop.is_set():
        shutil.rmtree(shared)
    else:
        outcome.remarks.append(f"kept: {shared}")
    return outcome


def run_all(kernels: Sequence[Kernel], tree: Path, options: Options) -> list[Outcome]:
    """Run the kernels, as many at a time as the options say. Ctrl-C ends the machines before it gets out of here."""
    progress = Progress(sys.stdout)
    stop = threading.Event()
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(run_kernel, kernel, tree, options, progress, stop) for kernel in kernels]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def copy_if_there(source: str, target: str) -> None:
    """Copy a file; one that has just vanished is nothing to fail over."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)


@contextlib.contextmanager
def snapshot(folder: Path) -> Iterator[Path]:
    """Copy the repository, byte code included, to a folder that goes away in the end.

    The virtual machines cache what they read, and would mix old and new parts of a file that changes.
    Compiling inside would take twenty times as long, and again in each process.
    """
    folder.mkdir(exist_ok=True)
    tree = Path(tempfile.mkdtemp(prefix="tree-", dir=folder))
    try:
        ignore = shutil.ignore_patterns(*NOT_COPIED)
        shutil.copytree(REPOSITORY, tree, ignore=ignore, copy_function=copy_if_there, symlinks=True, dirs_exist_ok=True)
        (tree / ".venv").mkdir()
        compile_byte_code(tree, VIRTUAL_ENVIRONMENT.resolve())
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def compile_byte_code(*folders: Path) -> None:
    """Write the byte code caches that are missing or outdated; files that cannot be compiled do not matter."""
    python = VIRTUAL_ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"no {python}: create the virtual environment first")
    command = [str(python), "-m", "compileall", "-qq", "-j0", *map(str, folders)]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def positive(text: str) -> float:
    """Read a number above zero from the command line."""
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError("must be above zero")
    return number


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run the kernel tests inside Debian's kernels, emulated by QEMU.")
    parser.add_argument("--kernel", action="append", choices=SERIES, help="a kernel series (default: all)")
    parser.add_argument("--timeout", type=positive, default=15.0, help="minutes for each kernel (default: 15)")
    parser.add_argument("--jobs", type=int, default=2, help="kernels running at the same time (default: 2)")
    parser.add_argument("--memory", default="2G", help="of each machine (default: 2G)")
    parser.add_argument("--cpus", type=int, default=2, help="of each machine (default: 2)")
    parser.add_argument("--exec", metavar="COMMAND", dest="command", help="run this shell command, not the tests")
    parser.add_argument("pytest", nargs="*", metavar="-- ARGUMENT", help="arguments for pytest")
    given = parser.parse_args(arguments)
    return Options(
        series=tuple(dict.fromkeys(given.kernel or SERIES)),
        cache=cache_folder().absolute(),
        timeout=given.timeout * 60,
        jobs=max(given.jobs, 1),
        memory=given.memory,
        cpus=given.cpus,
        command=given.command,
        pytest=tuple(given.pytest),
    )


def interrupt(number: int, frame: FrameType | None) -> None:
    """Treat the signal like Ctrl-C."""
    raise KeyboardInterrupt(signal.Signals(number).name)


def main(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status."""
    options = parse(arguments)
    kernels = [find_kernel(options.cache, series) for series in options.series]
    find_vng()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # As under nohup.
            signal.signal(number, interrupt)
    try:
        with snapshot(options.cache / "runs") as tree:
            outcomes = run_all(kernels, tree, options)
    except KeyboardInterrupt as reason:
        print("interrupted", reason, file=sys.stderr)
        return 130
    for outcome in outcomes:
        for remark in outcome.remarks:
            print(f"{outcome.kernel.version} | {remark}")
    for outcome in outcomes:
        print(outcome.summary())
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

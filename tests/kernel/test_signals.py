"""A run may end at any moment: by Ctrl-C, SIGTERM, `kill -9`; what it knew is printed, and nothing stays behind."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import pytest
from harness import KPROBES, Ply, Running, until
from plytrace.runtime.kernel import bpf, tracefs

PROGRAM = 'BEGIN {{ @begun = {}; printf("up\\n") }} kprobe:SyS_* {{ @[comm, func].count() }}'


def start_reading(ply: Ply, fifo: Path, number: int) -> Running:
    """`ply` that has begun to read its script, and so is past the start of the interpreter; nothing of it is cached."""
    if not fifo.exists():
        os.mkfifo(fifo)
    running = ply.start("-q", fifo)
    fifo.write_text(PROGRAM.format(number))
    return running


@pytest.mark.anywhere
@pytest.mark.parametrize(("number", "moments"), [(SIGINT, 10), (SIGTERM, 5)])
def test_at_any_moment(ply: Ply, tmp_path: Path, number: signal.Signals, moments: int) -> None:
    chance = random.Random(number)
    started = time.monotonic()
    start_reading(ply, tmp_path / "script", 0).wait_for("up")
    whole = time.monotonic() - started
    for moment in range(1, moments + 1):
        running = start_reading(ply, tmp_path / "script", moment)
        time.sleep(1.3 * whole * (moment - chance.random()) / moments)
        running.send(number)
        result = running.finish()
        begun = "up\n" in result.stdout
        assert result.status == 0 or (number == SIGTERM and not begun and result.status == -SIGTERM), result
        assert begun == (f"@begun: {moment}\n" in result.stdout), result
        assert result.stderr == ""


@pytest.mark.anywhere
def test_while_the_script_is_read(ply: Ply, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "script")
    running = ply.start(tmp_path / "script")
    with (tmp_path / "script").open("w"):
        running.send(SIGINT)
        assert running.finish().status == 0


@pytest.mark.anywhere
def test_while_maps_are_printed(ply: Ply, work: Path) -> None:
    program = 'kprobe:SyS_getpgid / pid == $target / { @[arg(0)].count() } END { printf("ended\\n") }'
    running = ply.start("--map-entries", "20000", "-c", program, command=[work, "getpgid", "15000"])
    until(lambda: running.has_printed("ended") or running.process.poll() is not None, "the end of the command")
    while running.process.poll() is None:
        running.send(SIGINT)
        time.sleep(0.001)
    result = running.finish()
    assert (result.status, result.stderr) == (0, "")
    assert len(re.findall(r"^ *\d+: 1$", result.stdout, re.MULTILINE)) == 15000


SENDER = """
import os, signal, sys

_, how, module, program = sys.argv

class Dropper:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            if how == "raised":
                os.kill(os.getpid(), signal.SIGINT)
            else:
                Dropper()

sys.meta_path.insert(0, Sender())
from plytrace.runtime.start import entry
sys.argv[1:] = ["-q", "-c", program]
entry()
"""


def interrupted(how: str, module: str) -> subprocess.CompletedProcess[str]:
    """`ply`, interrupted when it begins to import a module: it would run for a second and return 9."""
    program = f"BEGIN {{ @ = {random.randrange(1 << 30)} }} interval:1s {{ exit(9) }} // {how} {module}"
    return subprocess.run([sys.executable, "-c", SENDER, how, module, program], capture_output=True, text=True)


@pytest.mark.anywhere
@pytest.mark.parametrize(
    "module",
    [
        "plytrace.grammar.diagnostic",
        "plytrace.runtime.arguments",
        "plytrace.runtime.build",
        "lark",
        "plytrace.runtime.session",
    ],
)
def test_while_modules_are_imported(private_cache: None, module: str) -> None:
    done = interrupted("raised", module)
    assert done.returncode in (0, -SIGINT), done
    assert done.stderr == ""


@pytest.mark.anywhere
def test_an_interrupt_that_python_drops(private_cache: None) -> None:
    """Python ignores exceptions in finalizers and weak references' callbacks, which the import system has many of."""
    assert interrupted("dropped", "lark").returncode == 0


@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "ply alone"])
def test_the_command_ends_too(ply: Ply, work: Path, whole_group: bool) -> None:
    program = 'BEGIN { @begun = 1 } interval:10ms { printf("%d\\n", $target) }'
    running = ply.start("-c", program, command=[work, "spin"], start_new_session=True)
    running.wait_for("\n")
    command = int(running.out.read_text().split()[0])
    if whole_group:
        os.killpg(running.pid, SIGINT)
    else:
        running.send(SIGINT)
    result = running.finish()
    assert (result.status, result.stderr) == (0, "")
    assert "\n@begun: 1\n" in result.stdout
    assert not Path(f"/proc/{command}").exists()


@pytest.mark.anywhere
def test_output_that_nobody_reads(ply: Ply, work: Path) -> None:
    """As with `| head -1`: no message, and no hanging."""
    reader, writer = os.pipe()
    program = 'kprobe:SyS_getppid / pid == $target / { printf("%0200d\\n", 1) }'
    running = ply.start("-c", program, command=[work, "getppid", "5000"], stdout=writer)
    os.close(writer)
    os.close(reader)
    result = running.finish()
    assert (result.status, result.stderr) == (0, "")


def programs_of(pid: int) -> set[int]:
    """The numbers of the BPF programs that a process holds."""
    found = set()
    for file in Path(f"/proc/{pid}/fdinfo").iterdir():
        found |= {int(number) for number in re.findall(r"^prog_id:\s*(\d+)$", file.read_text(), re.MULTILINE)}
    return found


def probe_events() -> str:
    """The probes that were made by name, in files that outlive the process that made them."""
    files = [Path(tracefs.folder()) / name for name in ("kprobe_events", "uprobe_events")]
    return "".join(file.read_text() for file in files if file.exists())


@pytest.mark.parametrize("options", [[], ["--via", "kprobe"]] if KPROBES else [[]], ids=" ".join)
def test_kill_leaves_nothing(ply: Ply, options: list[str]) -> None:
    probes = ["kprobe:SyS_read", "kretprobe:SyS_read", "tracepoint:sched:sched_switch", "profile:9hz"]
    probes += ["kprobe:vfs_read", "kretprobe:vfs_read"] * KPROBES
    program = f'{", ".join(probes)} {{ @[comm].count() }} interval:50ms {{ printf("up\\n") }}'
    before = probe_events()
    running = ply.start(*options, "-c", program)
    running.wait_for("up")
    held = programs_of(running.pid)
    assert len(held) == len(probes) + 1
    assert held <= set(bpf.program_ids())
    assert probe_events() == before
    running.send(SIGKILL)
    assert running.finish().status == -SIGKILL
    until(lambda: not held & set(bpf.program_ids()), "the kernel to let go of the programs")
    assert probe_events() == before

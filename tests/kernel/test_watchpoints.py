"""watchpoint: a variable that is written N times counts N, in every kind of program, and of the kernel."""

import signal
import subprocess
from pathlib import Path
from subprocess import run

import pytest
from harness import EMULATED, KPROBES, Ply, stopped, until

SOURCE = Path(__file__).with_name("memory.c")
TIMES = 500


@pytest.fixture(scope="module", params=["-static", "-static-pie", "-pie -fPIE", "-no-pie"])
def memory(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    path = tmp_path_factory.mktemp("memory") / "memory"
    run(["cc", "-O1", "-pthread", *request.param.split(), "-o", path, SOURCE], check=True)
    return path


def test_a_variable_that_is_written(ply: Ply, memory: Path) -> None:
    program = f"""watchpoint:{memory}:watched:8:w {{ @.count() }} watchpoint:{memory}:watched:rw {{ @both.count() }}
        watchpoint:{memory}:called {{ @called[func].count() }}"""
    steps = ["store", str(TIMES), "load", str(TIMES), "call", str(TIMES)]
    result = ply.json("-c", program, command=[memory, *steps])
    # Of two breakpoints at one address QEMU's emulation reports one.
    assert (result.value(), result.value("@both")) == (TIMES, TIMES if EMULATED else 2 * TIMES)
    alone = ply.json("-c", f"watchpoint:{memory}:watched:rw {{ @.count() }}", command=[memory, *steps])
    assert alone.value() == 2 * TIMES
    assert result.rows("@called") == {(f"{memory}:called",): TIMES}
    assert result.lost() == {}


def test_by_all_threads(ply: Ply, memory: Path) -> None:
    program = f"watchpoint:{memory}:watched {{ @.count(); @threads[tid].count() }}"
    result = ply.json("-c", program, command=[memory, "threads", "4", "store", str(TIMES)])
    assert result.value() == 4 * TIMES
    assert list(result.rows("@threads").values()) == [TIMES] * 4


def test_in_a_process_that_runs(ply: Ply, memory: Path) -> None:
    """The address by name, and as a number; names of the code that writes."""
    program = f'i:20ms {{ print("here") }} w:{memory}:watched {{ @[args.addr % 8, ustack].count() }}'
    with subprocess.Popen([memory, "stop", "store", str(TIMES)]) as target:
        try:
            until(lambda: stopped(target.pid), "the stop")
            running = ply.start("-f", "json", "-p", str(target.pid), "-c", program)
            running.wait_for('"type":"print"')
            target.send_signal(signal.SIGCONT)
            target.wait()
        finally:
            target.kill()
    running.send(signal.SIGINT)
    rows = running.finish().rows()
    assert [(address, count) for (address, _), count in rows.items()] == [(0, TIMES)]
    assert all("step" in stack[0] or "main" in stack[0] for _, stack in rows), rows


def test_an_instruction_of_the_kernel(ply: Ply, work: Path) -> None:
    """The entry of a function, with its arguments, by name and by address; x86 wants kprobes for that, too."""
    symbols = (line.split() for line in Path("/proc/kallsyms").read_text().splitlines())
    address = next(int(it[0], 16) for it in symbols if it[2] == "__x64_sys_getpgid")
    program = f"""watchpoint:__x64_sys_getpgid:x / pid == $target / {{ @.count(); @stacks[stack].count() }}
        watchpoint:ksys_read / pid == $target / {{ @read[arg(2)].count() }}
        watchpoint:{address:#x}:8:x / pid == $target / {{ @number.count() }}"""
    result = ply("-f", "json", "-c", program, command=[work, "getpgid", "321", "read", "77", "40"])
    if not KPROBES:
        assert (result.status, result.stdout) == (3, "")
        assert "CONFIG_KPROBES" in result.stderr
        return
    assert result.value() == result.value("@number") == 321
    assert result.rows("@read")[77,] == 40
    assert all(stack[0].startswith("__x64_sys_getpgid") for (stack,) in result.rows("@stacks"))


def test_a_number_of_the_kernel(ply: Ply, work: Path) -> None:
    """A member of a thread's task_struct, which the kernel writes each time that the thread begins to wait."""
    find = """rt:signal_generate / args.task->pid == $1 / {
        print((u64)args.task + offsetof(struct task_struct, nvcsw)); exit() }"""
    with subprocess.Popen([work, "stop", "sleep", "50", "stop"]) as target:
        try:
            until(lambda: stopped(target.pid), "the stop")
            script = ply.folder / "find.ply"
            script.write_text(f'BEGIN {{ printf("here\\n") }} {find}')
            finding = ply.start(script, str(target.pid))
            finding.wait_for("here")
            until(lambda: (target.send_signal(signal.SIGURG), finding.process.poll() is not None)[1], "the address")
            address = int(finding.finish().stdout.split()[1])
            program = f'i:20ms {{ print("here") }} watchpoint:{address:#x}:8:w {{ @[comm].count() }}'
            running = ply.start("-f", "json", "-c", program)
            running.wait_for('"type":"print"')
            before = switches(target.pid)
            target.send_signal(signal.SIGCONT)
            until(lambda: stopped(target.pid) and switches(target.pid) > before + 40, "the sleeps")
            after = switches(target.pid)
        finally:
            target.kill()
    running.send(signal.SIGINT)
    assert after - before <= running.finish().rows()["work",] <= after - before + 2


def switches(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt"))


@pytest.mark.parametrize(
    ("probe", "status", "said"),
    [
        ("w:0x1000:8:w", 2, "-p PID"),
        ("w:0x1004:8:w", 1, "multiple of 8"),
        ("w:0x1000:3:w", 1, "1, 2, 4 or 8"),
        ("w:0x1000:8:r", 1, "rw"),
        ("w:no_such_thing:8:w", 3, "no symbol"),
        ("w:libc:no_such_thing:8:w", 3, "no symbol"),
    ],
)
def test_what_is_wrong(ply: Ply, probe: str, status: int, said: str) -> None:
    result = ply("-t", "1", "-c", f"{probe} {{ @.count() }}")
    assert (result.status, result.stdout) == (status, "")
    assert said in result.stderr


def test_too_many(ply: Ply, work: Path) -> None:
    names = ("read", "write", "open", "close", "stat", "fstat", "lstat", "poll")
    program = " ".join(f"w:__x64_sys_{name}:x {{ @.count() }}" for name in names)
    result = ply("-c", program, command=[work, "getppid", "1"])
    assert (result.status, result.stdout) == (3, "")
    assert ("no breakpoint left" if KPROBES else "CONFIG_KPROBES") in result.stderr


def test_what_the_command_does_not_have(ply: Ply, work: Path) -> None:
    result = ply("-c", "w:libc:environ:8:w { @.count() }", command=[work, "getppid", "1"])
    assert (result.status, result.stdout) == (3, "")
    assert "in its memory" in result.stderr

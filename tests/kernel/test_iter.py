"""iter: the kernel's own lists are those that /proc and its like show; a script of nothing else ends by itself."""

import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from harness import Ply, stopped, until


@pytest.fixture
def target(work: Path) -> Iterator[int]:
    """A process that stands still."""
    with subprocess.Popen([work, "stop"]) as process:
        until(lambda: stopped(process.pid), "the stop")
        yield process.pid
        process.kill()


def test_tasks_are_those_of_proc(ply: Ply, target: int) -> None:
    program = """iter:task { @all[args.task->tgid, args.task->pid].count() }
        iter:task / args.task->tgid == $1 / { @[args.task->comm, args.task->pid].count() }
        END { printf("done\\n") }"""
    script = ply.folder / "tasks.ply"
    script.write_text(program)
    before = processes()
    result = ply.json(script, str(target))
    after = processes()
    assert result.rows() == {("work", target): 1}
    assert set(result.rows("@all").values()) == {1}
    assert before & after <= {tgid for tgid, _ in result.rows("@all")}
    threads = {(os.getpid(), int(name)) for name in os.listdir("/proc/self/task")}
    assert {key for key in result.rows("@all") if key[0] == os.getpid()} == threads
    assert result.printed() == ["done\n"]


def processes() -> set[int]:
    """Those that root may look at: some machines guard process 1 so well that it is in no list."""
    found = set()
    for name in os.listdir("/proc"):
        with suppress(OSError):
            os.readlink(f"/proc/{int(name) if name.isdecimal() else 0}/ns/pid")
            found.add(int(name))
    return found


def test_files_and_memory_of_a_process(ply: Ply, target: int) -> None:
    program = """iter:task_file / args.task->tgid == $1 / { @fds[args.fd].count() }
        it:task_vma / args.task->tgid == $1 / { printf("%lx-%lx\\n", args.vma->vm_start, args.vma->vm_end) }"""
    script = ply.folder / "files.ply"
    script.write_text(program)
    result = ply.json(script, str(target))
    assert set(result.rows("@fds")) == {(int(name),) for name in os.listdir(f"/proc/{target}/fd")}
    maps = [line.split()[0] for line in Path(f"/proc/{target}/maps").read_text().splitlines() if "vsyscall" not in line]
    assert [text.strip() for text in result.printed()] == [
        "-".join(f"{int(end, 16):x}" for end in each.split("-")) for each in maps
    ]


def test_of_one_process(ply: Ply, target: int) -> None:
    """`-p` limits lists of processes to one of them; others are nobody's, and stay whole."""
    program = """iter:task { @threads[args.task->pid].count() }
        iter:task_file { @fds[args.fd].count() }
        iter:task_vma { @areas.count() }
        iter:netlink { @sockets.count() }"""
    result = ply.json("-p", str(target), "-c", program)
    assert result.rows("@threads") == {(target,): 1}
    assert set(result.rows("@fds")) == {(int(name),) for name in os.listdir(f"/proc/{target}/fd")}
    maps = [line for line in Path(f"/proc/{target}/maps").read_text().splitlines() if "vsyscall" not in line]
    assert result.value("@areas") == len(maps)
    assert result.value("@sockets") >= 1
    own = ply.json("-p", str(os.getpid()), "-c", program).rows("@threads")
    assert own == {(int(name),): 1 for name in os.listdir("/proc/self/task")}


def test_control_groups(ply: Ply, private_cache: None, tmp_path: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mount(b"none", str(tmp_path).encode(), b"cgroup2", 0, None) == 0, os.strerror(ctypes.get_errno())
    group = tmp_path / f"ply-{os.getpid()}"
    try:
        (group / "below").mkdir(parents=True)
        found = ply.json("-c", "iter:cgroup { @[args.cgroup->kn->id, args.cgroup->level].count() }").rows()
        levels = {path.stat().st_ino: len(path.relative_to(tmp_path).parts) for path in (group, group / "below")}
        assert levels.items() <= dict(key for key in found if key[0]).items()
    finally:
        (group / "below").rmdir()
        group.rmdir()
        libc.umount2(str(tmp_path).encode(), 2)


def test_sockets(ply: Ply) -> None:
    program = """iter:tcp / args.sk_common->skc_state == 10 / { @listening[args.sk_common->skc_num].count() }
        iter:udp { @udp[args.udp_sk->inet.sk.__sk_common.skc_num].count() }
        iter:unix { @unix.count() }"""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
    ):
        udp.bind(("127.0.0.1", 0))
        result = ply.json("-c", program)
        assert result.rows("@listening")[tcp.getsockname()[1],] == 1
        assert result.rows("@udp")[udp.getsockname()[1],] == 1
        assert result.value("@unix") >= 1


def test_maps_of_the_kernel(ply: Ply) -> None:
    """Among them the one that this very text comes through; all entries come, however many."""
    program = 'iter:bpf_map { printf("%s\\n", args.map->name) } iter:task { printf("%s\\n", func) }'
    texts = ply.json("-c", program).printed()
    assert "ply_events\n" in texts
    assert texts.count("task\n") >= 10


def test_other_events_go_on(ply: Ply, work: Path) -> None:
    program = (
        "iter:task / args.task->tgid == $target / { @.count() } kprobe:SyS_getppid / pid == $target / { @n.count() }"
    )
    result = ply.json("-c", program, command=[work, "sleep", "20", "getppid", "50"])
    assert (result.value(), result.value("@n")) == (1, 50)


def test_exit_from_within(ply: Ply) -> None:
    result = ply("-c", "iter:task { @.count(); exit(3) }")
    assert result.status == 3
    assert result.stdout == "\n@: 1\n"


def test_what_is_wrong(ply: Ply) -> None:
    result = ply("-c", "iter:tsk { @.count() }")
    assert (result.status, result.stdout) == (3, "")
    assert "did you mean `iter:task`?" in result.stderr

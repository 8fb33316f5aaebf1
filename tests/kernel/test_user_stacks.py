"""ustack: the chain of calls by name, innermost first, of a process that has ended long before its stack is printed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT
from subprocess import PIPE, Popen, run

import pytest
from harness import Ply, Result, compiled

SOURCE = Path(__file__).with_name("chain.c")
IN_CALL = "tracepoint:syscalls:sys_enter_getppid"
MINE = 'comm == "chain"'


@pytest.fixture(scope="module", params=["pie", "static", "stripped"])
def chain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """chain.c, with frame pointers; stripped of all but the names that a dynamic linker needs."""
    flags = {"pie": ["-fPIE", "-pie"], "static": ["-static"], "stripped": ["-rdynamic", "-s"]}[request.param]
    path = tmp_path_factory.mktemp("chain") / "chain"
    run(["cc", "-O0", "-fno-omit-frame-pointer", *flags, "-o", path, SOURCE], check=True)
    return path


def names(frames: tuple[str, ...]) -> list[str]:
    return [frame.split("+")[0] for frame in frames]


def test_a_chain_of_calls(ply: Ply, chain: Path) -> None:
    """The same from the system call, from a function's entry, and from its return, which is in the caller.

    The return is a run of its own: before Linux 6.11, the kernel's own return address is in the stacks of a function
    that it will stop at the return of.
    """
    program = f"{IN_CALL} /{MINE}/ {{ @call[ustack].count() }} u:{chain}:work_c {{ @entry[ustack].count() }}"
    result = ply.json("-c", program, command=[chain])
    back = ply.json("-c", f"ur:{chain}:work_c {{ @return[ustack].count() }}", command=[chain])
    for rows, expected in ((result.rows("@call"), "cba"), (result.rows("@entry"), "cba"), (back.rows("@return"), "ba")):
        ((key, count),) = rows.items()
        assert count == 5
        assert names(key[0])[: len(expected) + 1] == [*(f"work_{letter}" for letter in expected), "main"]
        assert all(frame.endswith(" [chain]") for frame in key[0][: len(expected) + 1])
    assert next(iter(result.rows("@entry")))[0][0] == "work_c+0x0 [chain]"


def test_as_many_frames_as_asked_for(ply: Ply, chain: Path) -> None:
    """At a function's entry, too, whose caller the kernel itself does not find."""
    program = f"u:{chain}:work_c {{ @two[ustack(2)].count(); @one[ustack(1)].count(); @three[ustack(3)].count() }}"
    result = ply.json("-c", program, command=[chain])
    for name, expected in (("@one", "c"), ("@two", "cb"), ("@three", "cba")):
        ((key, count),) = result.rows(name).items()
        assert (names(key[0]), count) == ([f"work_{letter}" for letter in expected], 5)


def test_a_function_that_is_stopped_at_its_return(ply: Ply, chain: Path) -> None:
    """Its caller is hidden by the kernel before Linux 6.11, which shows; the others are there on every kernel."""
    program = f"{IN_CALL} /{MINE}/ {{ @call[ustack].count() }} ur:{chain}:work_c {{ @return.count() }}"
    result = ply.json("-c", program, command=[chain])
    assert result.value("@return") == 5
    ((key, count),) = result.rows("@call").items()
    assert count == 5
    assert names(key[0])[0] == "work_c"
    assert names(key[0])[1] == "work_b" or key[0][1].endswith("[uprobes]")
    assert names(key[0])[2:4] == ["work_a", "main"]


def test_processes_that_only_fork(ply: Ply, chain: Path) -> None:
    """A child that executes nothing has what its parent had mapped."""
    result = ply.json(
        "-c", f"{IN_CALL} /{MINE}/ {{ @[pid, ustack].count() }}", command=["sh", "-c", f"{chain} fork; sleep 0.1"]
    )
    assert sorted(result.rows().values()) == [1, 5]
    assert all(names(key[1])[:3] == ["work_c", "work_b", "work_a"] for key in result.rows())


def test_stacks_in_text(ply: Ply, chain: Path) -> None:
    result = ply("-c", f'{IN_CALL} /{MINE}/ {{ @[ustack].count(); printf("%v", ustack) }}', command=[chain])
    assert result.status == 0
    assert result.stdout.count("    work_b+0x") == 6


def test_a_file_that_is_another_now_names_nothing(ply: Ply, chain: Path, tmp_path: Path) -> None:
    """Rather no name than that of a function which was never called."""
    copy = tmp_path / "chain"
    copy.write_bytes(chain.read_bytes())
    copy.chmod(0o755)
    replace = f"{copy}; cp /bin/true {copy}.new; mv {copy}.new {copy}; sleep 0.1"
    result = ply.json("-c", f"{IN_CALL} /{MINE}/ {{ @[ustack].count() }}", command=["sh", "-c", replace])
    ((key, _),) = result.rows().items()
    assert key[0][0].startswith("0x") and key[0][0].endswith(" [chain]")


@pytest.fixture
def late(tmp_path: Path) -> Iterator[Path]:
    """late.c, which is still there when its stacks are printed one by one, and gone when the map is."""
    if os.uname().machine != "x86_64":
        pytest.skip("late.c writes code for x86-64")
    (tmp_path / "bin").mkdir()
    before = {*Path("/tmp").glob("perf-*.map")}
    yield compiled(SOURCE.with_name("late.c"), tmp_path / "bin/late", "-O0", "-fno-omit-frame-pointer")
    for file in {*Path("/tmp").glob("perf-*.map")} - before:
        file.unlink()


LATE = f'{IN_CALL} / comm == "late" / {{ @[ustack(3)].count(); printf("%v", ustack(3)) }}'


def of_late(result: Result) -> set[tuple[str, ...]]:
    """The names in the stacks: the printed ones, and that of the map."""
    assert list(result.rows().values()) == [5]
    printed = {tuple(line.strip() for line in text.strip().splitlines()) for text in result.printed()}
    return {tuple(names(frames)) for frames in (*printed, next(iter(result.rows()))[0])}


def test_code_that_a_process_has_written(ply: Ply, late: Path) -> None:
    """The file with its names stays behind, as node's and Java's does, and names the process's code when it is gone."""
    result = ply.json("-c", LATE, command=[late, "hot_loop at app.js:7"])
    assert of_late(result) == {("hot_loop at app.js:7", "calls_it", "main")}


def test_code_whose_names_somebody_else_has_written(ply: Ply, late: Path) -> None:
    """Another user's file may be there first, for any number: nothing is believed of it."""
    plant = "import os, sys; path = f'/tmp/perf-{os.getpid()}.map'; open(path, 'w').write('0 7fffffffffff lies\\n'); "
    plant += "os.chown(path, 12345, 12345); os.execv(sys.argv[1], ['late'])"
    result = ply.json("-c", LATE, command=[sys.executable, "-c", plant, late])
    assert {frames[1:] for frames in of_late(result)} == {("calls_it", "main")}
    assert not any("lies" in frame for frames in of_late(result) for frame in frames)


def test_a_program_that_was_deleted_while_it_runs(ply: Ply, late: Path, tmp_path: Path) -> None:
    """As an upgrade does: its memory still has the file, and shows it as long as it runs."""
    copy = tmp_path / "late"
    script = f"cp {late} {copy}; {copy} & sleep 0.1; rm {copy}; wait"
    result = ply.json("-c", LATE, command=["sh", "-c", script])
    assert len(result.printed()) == 5
    assert all("    calls_it+0x" in text and "    main+0x" in text for text in result.printed())


def test_a_program_in_a_container(ply: Ply, late: Path, tmp_path: Path) -> None:
    """Its file is in a file system that only its namespace sees; when its stack is printed, others are still there."""
    inside = tmp_path / "inside"
    inside.mkdir()
    script = (
        f"mount -t tmpfs none {inside}; cp {late} {inside}; echo ready; read go; {inside}/late name; echo; read end"
    )
    with Popen(["unshare", "-m", "sh", "-c", script], stdin=PIPE, stdout=PIPE, text=True) as container:
        assert container.stdin and container.stdout and container.stdout.readline() == "ready\n"
        running = ply.start("-f", "json", "-c", f'BEGIN {{ printf("up\\n") }} {LATE}')
        running.wait_for('"up')
        container.stdin.write("go\n")
        container.stdin.flush()
        assert container.stdout.readline() == "\n"
        running.send(SIGINT)
        result = running.finish()
        container.communicate("end\n")
    assert not (inside / "late").exists()
    ((key, count),) = result.rows().items()
    assert (names(key[0]), count) == (["name", "calls_it", "main"], 5)

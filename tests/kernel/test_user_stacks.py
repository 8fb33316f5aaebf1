"""ustack: the chain of calls by name, innermost first, of a process that has ended long before its stack is printed."""

from pathlib import Path
from subprocess import run

import pytest
from harness import Ply

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

"""Stacks of a program that calls from a known number of different ones: none is lost, none taken for another."""

from pathlib import Path

import pytest
from harness import Ply, compiled


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of stacks.c."""
    path = tmp_path_factory.mktemp("stacks") / "stacks"
    return compiled(Path(__file__).with_name("stacks.c"), path, "-O1", "-fno-omit-frame-pointer", "-static")


def test_thousands_of_stacks_are_told_apart(ply: Ply, caller: Path) -> None:
    """4096 stacks, three calls from each. The kernel's own map of this size loses some 500 of them."""
    program = "syscall:getppid / pid == $target / { @[ustack].count() }"
    result = ply.json("-c", program, command=[caller, "12", "3"])
    rows = result.of("map")[0]["rows"]
    assert result.lost() == {}
    assert (len(rows), {row["value"] for row in rows}) == (4096, {3})
    paths = {"".join(frame.partition("+")[0] for frame in row["key"][0] if frame[:2] in ("a+", "b+")) for row in rows}
    assert len(paths) == 4096 and {len(path) for path in paths} == {13}


def test_no_more_frames_than_asked_for(ply: Ply, caller: Path) -> None:
    """With the four innermost frames, stacks are the same that differ further out only."""
    program = """
        syscall:getppid / pid == $target / { @user[ustack(4)].count(); @kernel[stack(2)].count(); @all[stack].count() }
    """
    result = ply.json("-c", program, command=[caller, "6", "1"])
    user = {key[0] for key in result.rows("@user")}
    assert sum(result.rows("@user").values()) == 64 == sum(result.rows("@kernel").values())
    assert 1 < len(user) <= 8 and {len(stack) for stack in user} <= {4, 5}
    (kernel,) = result.rows("@kernel")
    (whole,) = result.rows("@all")
    assert len(kernel[0]) <= 2 < len(whole[0])


def test_stacks_that_find_no_room_are_counted(ply: Ply, caller: Path) -> None:
    program = "syscall:getppid / pid == $target / { @[ustack].count() }"
    result = ply.json("--stack-entries", "100", "-c", program, command=[caller, "8", "2"])
    kept = [row for row in result.of("map")[0]["rows"] if len(row["key"][0]) > 1]
    lost = result.lost()["@", "stack map full"]
    assert sum(row["value"] for row in kept) + lost == 512
    assert sum(row["value"] for row in result.of("map")[0]["rows"]) == 512
    assert len(kept) <= 100

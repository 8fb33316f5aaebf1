"""path(P) against the names under which the files were opened: folders within folders, and mounts within others."""

from pathlib import Path

import pytest
from harness import Ply


@pytest.mark.parametrize("folder", ["/", "/usr/share/doc", "/proc/sys/kernel", "/sys/kernel/btf", "/dev"])
def test_the_working_directory(ply: Ply, folder: str) -> None:
    """/proc, /sys and /dev are mounted: the way goes on where they are."""
    result = ply.json("-c", "BEGIN { print(path(curtask->fs->pwd)); exit() }", cwd=folder)
    assert result.printed() == [folder + "\n"]


def test_a_program_that_is_started(ply: Ply, work: Path) -> None:
    """By pointer to a file, and by its path; as a key."""
    program = """
        tracepoint:sched:sched_process_exec / pid == $target / {
            file = curtask->mm->exe_file;
            @file[path(file)].count(); @path[path(file->f_path)].count();
        }
    """
    result = ply.json("-c", program, command=[work, "getppid", "1"])
    assert result.rows("@file") == {(str(work),): 1} == result.rows("@path")


def test_a_long_path_begins_with_an_ellipsis(ply: Ply, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["x" * 40] * 9)
    folder.mkdir(parents=True)
    (text,) = ply.json("-c", "BEGIN { print(path(curtask->fs->pwd)); exit() }", cwd=folder).printed()
    shown = text.rstrip("\n")
    assert shown.startswith("…/x") and str(folder).endswith(shown[1:])


def test_what_is_no_file_is_a_fault(ply: Ply) -> None:
    result = ply.json("-c", "BEGIN { print(path((struct file *)64)); exit() }")
    assert result.printed() == ["<fault>\n"]

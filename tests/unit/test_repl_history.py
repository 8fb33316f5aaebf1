"""The history is kept from one visit to the next, and is no way in for others: owner, mode and links are checked."""

import json
import os
from pathlib import Path

import pytest
from plytrace.runtime.repl import history
from plytrace.runtime.repl.history import GuardedHistory, history_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "plytrace"


def entries(folder: Path) -> list[str]:
    """As a new visit finds them, the newest first."""
    return list(GuardedHistory(str(folder)).load_history_strings())


def test_what_was_typed_is_there_again(folder: Path) -> None:
    kept = ["BEGIN {\n    exit()\n}", ":maps", 'BEGIN { print("\x1b[31m\udc80é") }']
    for text in kept:
        GuardedHistory(str(folder)).store_string(text)
    assert entries(folder) == kept[::-1]


def test_nobody_else_can_read_it(folder: Path) -> None:
    GuardedHistory(str(folder)).store_string(":maps")
    assert (folder / "history").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_there_is_none_at_first(folder: Path) -> None:
    assert entries(folder) == []


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_left_alone(folder: Path, mode: int) -> None:
    GuardedHistory(str(folder)).store_string(":maps")
    file = folder / "history"
    file.chmod(mode)
    before = file.read_bytes()
    assert entries(folder) == []
    GuardedHistory(str(folder)).store_string(":top")
    assert file.read_bytes() == before


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_left_alone(folder: Path, mode: int) -> None:
    GuardedHistory(str(folder)).store_string(":maps")
    folder.chmod(mode)
    assert entries(folder) == []
    GuardedHistory(str(folder)).store_string(":top")
    folder.chmod(0o700)
    assert entries(folder) == [":maps"]


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    target = tmp_path / "target"
    target.write_text('"rm -rf"\n')
    (folder / "history").symlink_to(target)
    assert entries(folder) == []
    GuardedHistory(str(folder)).store_string(":top")
    assert target.read_text() == '"rm -rf"\n'


def test_a_linked_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    folder.parent.mkdir(mode=0o700)
    folder.symlink_to(target)
    GuardedHistory(str(folder)).store_string(":top")
    assert list(target.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else: needs root")
def test_a_file_of_somebody_else_is_left_alone(folder: Path) -> None:
    GuardedHistory(str(folder)).store_string(":maps")
    os.chown(folder / "history", 65534, 65534)
    assert entries(folder) == []


def test_a_pipe_in_its_place_does_not_hang(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    os.mkfifo(folder / "history", 0o600)
    assert entries(folder) == []
    GuardedHistory(str(folder)).store_string(":top")


def test_lines_that_are_no_entries_are_passed_over(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    file = folder / "history"
    file.write_bytes(b'":maps"\nnonsense\n[1]\n\xff\n":top"\n')
    file.chmod(0o600)
    assert entries(folder) == [":top", ":maps"]


def test_it_does_not_grow_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_KEEP", 3)
    for number in range(7):
        GuardedHistory(str(folder)).store_string(f":top {number}")
    assert entries(folder) == [":top 6", ":top 5", ":top 4"]
    lines = (folder / "history").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [":top 4", ":top 5", ":top 6"]


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """For root never below a HOME that sudo may have kept."""
    monkeypatch.setenv("XDG_STATE_HOME", "/home/somebody/state")
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert history_folder() == "/var/lib/plytrace"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert history_folder() == "/home/somebody/state/plytrace"

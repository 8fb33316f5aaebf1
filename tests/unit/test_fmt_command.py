"""`ply fmt`: files in place, whole or not at all; links, exchanged files and errors leave everything as it is."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from plytrace.grammar.diagnostic import UsageError
from plytrace.runtime.replacing import original, replace

PLY = Path(sys.executable).parent / "ply"
UGLY, NEAT = "#!/usr/bin/env ply\nBEGIN{@=1 ;exit( )}# why\n", "#!/usr/bin/env ply\nBEGIN { @ = 1; exit() }  # why\n"
WRONG = "BEGIN{@= }\n"


def fmt(*words: str | Path, stdin: str = "") -> tuple[int, str, str]:
    done = subprocess.run([PLY, "fmt", *words], input=stdin, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script"
    path.write_text(UGLY)
    path.chmod(0o750)
    return path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_formatted_in_place(script: Path) -> None:
    assert fmt(script) == (0, "", "")
    assert (script.read_text(), stat.S_IMODE(script.stat().st_mode)) == (NEAT, 0o750)
    assert left(script.parent) == ["script"]


def test_a_file_that_is_formatted_is_not_written(script: Path) -> None:
    script.write_text(NEAT)
    before = script.stat()
    assert fmt(script) == (0, "", "")
    assert (script.stat().st_ino, script.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_standard_input() -> None:
    assert fmt(stdin=UGLY) == fmt("-", stdin=UGLY) == (0, NEAT, "")
    status, output, errors = fmt(stdin=WRONG)
    assert (status, output) == (1, "")
    assert errors.startswith("error[missing-operand]: a value is missing after `=`\n --> <stdin>:1:9\n")


def test_check_changes_nothing(script: Path, tmp_path: Path) -> None:
    neat = tmp_path / "neat"
    neat.write_text(NEAT)
    assert fmt("--check", neat) == (0, "", "")
    assert fmt("--check", neat, script) == (1, f"{script}\n", "")
    assert script.read_text() == UGLY


def test_diff_shows_what_would_change(script: Path) -> None:
    status, output, errors = fmt("--diff", script)
    assert (status, errors, script.read_text()) == (0, "", UGLY)
    assert output.splitlines()[3:] == [" #!/usr/bin/env ply", "-BEGIN{@=1 ;exit( )}# why", "+" + NEAT.splitlines()[1]]
    assert fmt("--diff", "--check", script)[0] == 1
    assert fmt("--diff", stdin="BEGIN{}")[1].splitlines()[-3:] == ["-BEGIN{}", "\\ no line end at the end of the file",
                                                                 "+BEGIN { }"]  # fmt: skip


def test_an_error_leaves_its_file_alone(script: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(WRONG)
    before = wrong.stat()
    status, output, errors = fmt(wrong, script)
    assert (status, output) == (1, "")
    assert f"--> {wrong}:1:9" in errors
    assert (wrong.read_text(), wrong.stat().st_ino) == (WRONG, before.st_ino)
    assert script.read_text() == NEAT, "the others are formatted nevertheless"


def test_what_is_no_file(script: Path, tmp_path: Path) -> None:
    link, pipe, folder = tmp_path / "link", tmp_path / "pipe", tmp_path / "folder"
    link.symlink_to(script)
    os.mkfifo(pipe)
    folder.mkdir()
    for path, why in ((link, "it is a link"), (pipe, "it is not a script"), (folder, "it is not a script"),
                      (tmp_path / "none", "No such file"), (script / "x", "Not a directory")):  # fmt: skip
        status, output, errors = fmt(path)
        assert (status, output) == (2, "")
        assert errors.startswith(f"error[cannot-read]: cannot read `{path}`: {why}")
    assert script.read_text() == UGLY


def test_bytes_that_are_no_text(script: Path) -> None:
    script.write_bytes(b"BEGIN { @ = 1 } # \xff\n")
    assert "error[invalid-utf8]" in fmt(script)[2]
    assert script.read_bytes() == b"BEGIN { @ = 1 } # \xff\n"


def test_an_unknown_option(script: Path) -> None:
    assert fmt("--chek", script) == (
        2, "", "error[unknown-option]: `ply fmt` has no option `--chek`\n = help: did you mean `--check`?\n"
    )  # fmt: skip
    assert script.read_text() == UGLY


@pytest.mark.parametrize("how", ["written", "exchanged", "a link", "gone"])
def test_a_file_that_changes_meanwhile(script: Path, tmp_path: Path, how: str) -> None:
    """A link in its place would otherwise make root write where the link leads."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    with original(str(script)) as file:
        match how:
            case "written":
                script.write_text("BEGIN { @ = 2 }")
            case "exchanged":
                (tmp_path / "other").write_text(UGLY)
                os.rename(tmp_path / "other", script)
            case "a link":
                script.unlink()
                script.symlink_to(victim)
            case "gone":
                script.unlink()
        before = script.read_text() if script.exists() else None
        with pytest.raises(UsageError) as raised:
            replace(file, NEAT)
    assert raised.value.diagnostics[0].code == "cannot-write"
    assert (script.read_text() if script.exists() else None) == before
    assert victim.read_text() == "precious"
    assert [name for name in left(tmp_path) if name.startswith(".")] == []


def test_the_folder_is_looked_up_once(script: Path, tmp_path: Path) -> None:
    """A folder that is exchanged after the file was read does not lead to another file."""
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir(), other.mkdir()
    for path in (folder, other):
        (path / "script").write_text(UGLY)
    with original(str(folder / "script")) as file:
        folder.rename(tmp_path / "moved")
        folder.symlink_to(other)
        replace(file, NEAT)
    assert (other / "script").read_text() == UGLY
    assert (tmp_path / "moved" / "script").read_text() == NEAT


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to somebody else: needs root")
def test_owner_and_mode_stay(script: Path) -> None:
    os.chown(script, 65534, 12)
    script.chmod(0o4751)
    os.setxattr(script, "user.note", b"mine")
    assert fmt(script) == (0, "", "")
    facts = script.stat()
    assert (facts.st_uid, facts.st_gid, stat.S_IMODE(facts.st_mode)) == (65534, 12, 0o4751)
    assert (script.read_text(), os.getxattr(script, "user.note")) == (NEAT, b"mine")


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes somebody else: needs root")
def test_a_folder_that_cannot_be_written(script: Path) -> None:
    with original(str(script)) as file:
        os.seteuid(65534)
        try:
            with pytest.raises(UsageError, match=r"cannot write .*: Permission denied"):
                replace(file, NEAT)
        finally:
            os.seteuid(0)
    assert (script.read_text(), left(script.parent)) == (UGLY, ["script"])

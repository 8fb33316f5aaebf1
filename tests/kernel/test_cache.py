"""Compiled scripts on disk: a second run loads neither parser nor LLVM, and what others may have written is not run.

All of this happens in a /var/cache of our own (`private_cache`), which nobody else sees.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import CACHE, Ply
from warm import DEAR, OURS

pytestmark = pytest.mark.anywhere

GOOD, EVIL = 'BEGIN { printf("good\\n"); exit() }', 'BEGIN { printf("evil\\n"); exit() }'
NOBODY = 65534


@pytest.fixture(autouse=True)
def empty_cache(private_cache: None) -> Iterator[None]:
    empty()
    yield
    empty()


def empty() -> None:
    """Away with the folder; it must be in the private file system."""
    assert CACHE.parent.stat().st_dev != Path("/var").stat().st_dev
    if CACHE.is_symlink():
        CACHE.unlink()
    shutil.rmtree(CACHE, ignore_errors=True)
    shutil.rmtree(CACHE.parent / "elsewhere", ignore_errors=True)


def scripts() -> list[Path]:
    """The compiled scripts in the cache; beside them are the parser, and code for fast events."""
    return [file for file in CACHE.iterdir() if "-" not in file.name]


def kept(ply: Ply, program: str) -> Path:
    """The file that a run leaves in the cache."""
    assert ply("-c", program).status == 0
    (file,) = scripts()
    return file


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory, private_cache: None) -> tuple[str, bytes, bytes]:
    """The name of GOOD's file, its content, and that of EVIL's."""
    ply = Ply(tmp_path_factory.mktemp("compiled"))
    empty()
    good = kept(ply, GOOD)
    name, content = good.name, good.read_bytes()
    empty()
    return name, content, kept(ply, EVIL).read_bytes()


def put(name: str, content: bytes) -> Path:
    """A file in the cache, as `ply` itself would leave it."""
    CACHE.mkdir(mode=0o700)
    path = CACHE / name
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.fixture
def forged(empty_cache: None, compiled: tuple[str, bytes, bytes]) -> Path:
    """GOOD's file with EVIL's content: whoever trusts it prints `evil`."""
    name, _, evil = compiled
    return put(name, evil)


def test_files_are_for_their_owner_alone(ply: Ply) -> None:
    file = kept(ply, GOOD)
    assert CACHE.stat().st_mode & 0o777 == 0o700
    assert (file.stat().st_mode & 0o777, file.stat().st_uid) == (0o600, 0)


def test_the_second_run_imports_neither_parser_nor_llvm(ply: Ply) -> None:
    def imported() -> str:
        result = ply("-c", GOOD, prefix=[sys.executable, "-X", "importtime"])
        assert result.stdout == "good\n"
        return result.stderr

    assert "lark" in (first := imported())
    assert "llvmlite" in first
    second = imported()
    assert "plytrace.runtime.cache" in second
    assert "lark" not in second
    assert "llvmlite" not in second


def test_a_warm_run_keeps_to_the_list_of_imports(ply: Ply) -> None:
    def imported() -> set[str]:
        prefix = [sys.executable, "-X", "importtime"]
        result = ply("-q", "-c", "kprobe:SyS_read { @[pid].count() }", command=["true"], prefix=prefix)
        return {line.split("|")[2].strip() for line in result.stderr.splitlines() if line.startswith("import time:")}

    assert "lark" in imported()
    second = imported()
    assert {name for name in second if name.split(".")[0] == "plytrace"} <= OURS
    # The finder of editable installs runs before ply does.
    assert not (DEAR - {"pathlib", "re"}) & second


def test_a_file_of_ours_is_trusted(ply: Ply, forged: Path) -> None:
    """Without this, the tests below would say nothing."""
    assert ply("-c", GOOD).stdout == "evil\n"


def link_file(path: Path) -> None:
    """The file is a link to one that is as good."""
    path.rename(path.parent / "elsewhere")
    path.symlink_to("elsewhere")


def link_folder(path: Path) -> None:
    """The folder is a link to one that is as good."""
    CACHE.rename(CACHE.parent / "elsewhere")
    CACHE.symlink_to("elsewhere")


SUSPICIOUS: dict[str, Callable[[Path], None]] = {
    "group may write the file": lambda path: path.chmod(0o620),
    "others may write the file": lambda path: path.chmod(0o602),
    "the file is another user's": lambda path: os.chown(path, NOBODY, NOBODY),
    "the file is a link": link_file,
    "group may write the folder": lambda path: CACHE.chmod(0o770),
    "others may write the folder": lambda path: CACHE.chmod(0o707),
    "a sticky folder": lambda path: CACHE.chmod(0o1777),
    "the folder is another user's": lambda path: os.chown(CACHE, NOBODY, NOBODY),
    "the folder is a link": link_folder,
}


@pytest.mark.parametrize("spoil", SUSPICIOUS.values(), ids=SUSPICIOUS)
def test_what_others_may_have_written_is_ignored(ply: Ply, forged: Path, spoil: Callable[[Path], None]) -> None:
    spoil(forged)
    result = ply("-c", GOOD)
    assert (result.status, result.stdout, result.stderr) == (0, "good\n", "")


def test_the_folder_above_is_another_user_s(ply: Ply, forged: Path) -> None:
    os.chown(CACHE.parent, NOBODY, NOBODY)
    try:
        assert ply("-c", GOOD).stdout == "good\n"
    finally:
        os.chown(CACHE.parent, 0, 0)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut"),
        pytest.param(lambda content: b"\0" * len(content), id="zeros"),
        pytest.param(lambda content: os.urandom(len(content)), id="noise"),
        pytest.param(lambda content: content.replace(b"good", b"evil"), id="changed"),
        pytest.param(lambda content: content.replace(b"ply_program0", b"ply_program9"), id="broken"),
    ],
)
def test_a_damaged_file_is_ignored_and_replaced(
    ply: Ply, compiled: tuple[str, bytes, bytes], damage: Callable[[bytes], bytes]
) -> None:
    name, content, _ = compiled
    file = put(name, damage(content))
    result = ply("-c", GOOD)
    assert (result.status, result.stdout, result.stderr) == (0, "good\n", "")
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_no_error(ply: Ply) -> None:
    CACHE.write_text("in the way")
    try:
        result = ply("-c", GOOD)
    finally:
        CACHE.unlink()
    assert (result.status, result.stdout, result.stderr) == (0, "good\n", "")


def test_root_does_not_follow_the_environment(ply: Ply, tmp_path: Path) -> None:
    """`sudo` may leave another user's HOME in place."""
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    assert ply("-c", GOOD, env=environment).status == 0
    assert list(tmp_path.iterdir()) == []
    assert len(scripts()) == 1


@pytest.mark.parametrize(
    "words",
    [("-c", EVIL), ("--map-entries", "7", "-c", GOOD), ("-p", "1", "-c", GOOD), ("--via", "test_run", "-c", GOOD)],
    ids=["text", "size", "target", "way"],
)
def test_what_the_code_depends_on_has_a_file_of_its_own(
    ply: Ply, compiled: tuple[str, bytes, bytes], words: tuple[str, ...]
) -> None:
    assert ply(*words).status == 0
    assert [file.name for file in scripts()] != [compiled[0]]


def test_arguments_have_files_of_their_own(ply: Ply) -> None:
    program = "BEGIN { print($1); exit() }"
    assert [ply(program, word).stdout for word in ("1", "2", "1")] == ["1\n", "2\n", "1\n"]


def test_what_only_prints_has_not(ply: Ply, compiled: tuple[str, bytes, bytes]) -> None:
    assert ply("-q", "-A", "-f", "json", "--strict", "-c", GOOD).status == 0
    assert [file.name for file in scripts()] == [compiled[0]]


def test_runs_at_the_same_time(ply: Ply) -> None:
    """Each writes the same file; whoever reads it meanwhile reads all of it."""
    running = [ply.start("-c", GOOD) for _ in range(4)]
    assert [one.finish().stdout for one in running] == ["good\n"] * 4
    assert len(scripts()) == 1

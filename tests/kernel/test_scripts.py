"""Scripts as programs: started by their own name, with options, an environment and a `--help`."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from harness import PLY, Ply

pytestmark = pytest.mark.anywhere

PATH = f"{PLY.parent}:{os.environ['PATH']}"
READS = """\
# How many reads of a size does a process make?
option pid = 0 "only this process";
option size = 4096 "bytes asked for";
kprobe:SyS_read / comm == "work" && (!$pid || pid == $pid) && arg(2) == $size / { @.count() }
END { printf("%d %s\\n", $size, $WHO) }
"""


def program(folder: Path, first: str, text: str) -> Path:
    path = folder / "reads"
    path.write_text(f"{first}\n{text}")
    path.chmod(0o755)
    return path


def run(path: Path, *words: str | Path, **variables: str) -> tuple[int, str, str]:
    environment = {**os.environ, "PATH": PATH, **variables}
    done = subprocess.run([path, *words], env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [((), "4096 me\n\n@: 10\n"), (("--size", "100"), "100 me\n\n@: 7\n"), (("--size=1",), "1 me\n")],
)
def test_options(tmp_path: Path, private_cache: None, work: Path, words: Sequence[str], expected: str) -> None:
    """The command reads 4096 bytes ten times, and 100 bytes seven times."""
    path = program(tmp_path, "#!/usr/bin/env ply", READS)
    shell = f"{work} read 4096 10; {work} read 100 7"
    assert run(path, *words, "--", "sh", "-c", shell, WHO="me") == (0, expected, "")


def test_an_option_is_a_process(tmp_path: Path, private_cache: None, work: Path) -> None:
    """Process 1 does not read 4096 bytes ten times while another one does."""
    path = program(tmp_path, "#!/usr/bin/env ply", READS)
    assert run(path, "--pid", "1", "--", work, "read", "4096", "10", WHO="me")[:2] == (0, "4096 me\n")


def test_options_of_ply_in_the_first_line(tmp_path: Path, private_cache: None) -> None:
    path = program(tmp_path, "#!/usr/bin/env -S ply -f json -t 0.2", "BEGIN { @ = $1 }")
    status, output, _ = run(path, "7")
    assert (status, output.count('"value":7')) == (0, 1)


def test_help(tmp_path: Path, private_cache: None) -> None:
    path = program(tmp_path, "#!/usr/bin/env ply", READS)
    status, output, errors = run(path, "--help")
    assert (status, errors) == (0, "")
    assert output.startswith("How many reads of a size does a process make?\n\nusage: reads [OPTION...]\n")
    assert "\n  --pid N   only this process (0)\n" in output


@pytest.mark.parametrize(
    ("words", "code", "remedy"),
    [
        (("--sise", "3"), "unknown-option", "did you mean `--size`?"),
        (("--size", "many"), "option-value", "as in `--size 12`"),
        (("4096",), "unexpected-argument", "before the script"),
        (("-t", "5"), "unknown-option", "before the script"),
    ],
)
def test_words_that_the_script_does_not_take(
    tmp_path: Path, private_cache: None, words: Sequence[str], code: str, remedy: str
) -> None:
    status, output, errors = run(program(tmp_path, "#!/usr/bin/env ply", READS), *words, WHO="me")
    assert (status, output) == (2, "")
    assert f"error[{code}]" in errors
    assert remedy in errors


def test_each_value_is_compiled_anew(ply: Ply) -> None:
    """The environment and the options are in the program: a compiled script is kept for these alone."""
    text = "option n = 1; BEGIN { print($n + $EXTRA); exit() }"
    for extra in ("1", "2", "1"):
        for number in ("10", "20", "10"):
            result = ply(text, "--n", number, env={**os.environ, "EXTRA": extra})
            assert result.stdout == f"{int(number) + int(extra)}\n"

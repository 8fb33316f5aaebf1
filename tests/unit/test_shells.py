"""Completion in bash and zsh, as the shells themselves do it, and the manual page: all options, and their words."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from plytrace.grammar.diagnostic import UsageError
from plytrace.runtime.arguments import HELP, LONG
from plytrace.runtime.manual import manual
from plytrace.runtime.option_table import options
from plytrace.runtime.option_values import option_values
from plytrace.runtime.output import formats
from plytrace.runtime.shells import completion, shells


def bash(*words: str, folder: Path | None = None) -> set[str]:
    """What bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    ask = f"COMP_WORDS=(ply {line}); COMP_CWORD={len(words)}; compopt() {{ :; }}; _ply\n"
    ask += "printf '%s\\n' \"${COMPREPLY[@]}\""
    done = subprocess.run(
        ["bash", "--norc", "-c", completion("bash") + ask], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


def test_bash_completes_options() -> None:
    assert bash("--map") == {"--map", "--map-entries"}
    assert {f"--{name}" for name in LONG} <= bash("-")


def test_bash_completes_their_values() -> None:
    assert bash("-f", "") == bash("--format", "") == set(formats())
    assert bash("--emit", "pro") == {"probes"}
    assert bash("--help", "quant") == {"quantize"}
    assert bash("--backend", "") == {"c", "llvm"}
    assert str(os.getpid()) in bash("-p", str(os.getpid())[:2])
    assert bash("-t", "") == set()


def test_bash_completes_files_and_commands(tmp_path: Path) -> None:
    (tmp_path / "reads.ply").touch()
    assert bash("re", folder=tmp_path) == bash("-o", "re", folder=tmp_path) == {"reads.ply"}
    assert "seq" in bash("-c", "BEGIN { exit() }", "--", "se")
    assert bash("-c", "BEGIN { exit() }", "--", "cat", "re", folder=tmp_path) == {"reads.ply"}


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
@pytest.mark.parametrize(
    ("typed", "becomes"),
    [("--back\t", "--backend="), ("-f spee\t", "-f speedscope"), ("--emit=pro\t", "--emit=probes"),
     ("-c 'BEGIN' -- realp\t", "-- realpath")],
)  # fmt: skip
def test_zsh_completes(tmp_path: Path, typed: str, becomes: str) -> None:
    (tmp_path / "_ply").write_text(completion("zsh"))
    pid, terminal = pty.fork()
    if not pid:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "PS1": "%% "})
    seen = ""
    try:
        setup = f"fpath=({tmp_path} $fpath); autoload -U compinit; compinit -u -D; echo rea''dy\n"
        os.write(terminal, setup.encode())
        for text, wanted in ((f"ply {typed}", "ready"), ("", becomes)):
            deadline = time.monotonic() + 30
            while wanted not in seen:
                assert time.monotonic() < deadline, seen
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += re.sub(r"\x1b\[[\d;?]*\w|\x08|\r", "", os.read(terminal, 4096).decode())
            os.write(terminal, text.encode())
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_shells_are_found_by_their_folder() -> None:
    assert shells() == ("bash", "zsh")
    with pytest.raises(UsageError) as caught:
        completion("bahs")
    assert caught.value.diagnostics[0].help == "did you mean `bash`?"


def test_zsh_has_all_options_with_their_meaning() -> None:
    text = completion("zsh")
    for option in options():
        assert f"--{option.long}" in text
    assert "{formats}" not in text


def test_values_are_those_of_the_registries() -> None:
    assert option_values("format") == formats()
    assert option_values("timeout") == ()


def test_the_manual_page_has_it_all() -> None:
    text = manual()
    for option in options():
        assert f"--{option.long}".replace("-", "\\-") in text
    sections = re.findall(r"^\.SH (.*)$", text, re.MULTILINE)
    assert sections[:5] == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"]
    assert "{formats}" not in text


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_the_manual_page_can_be_set() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou"], input=manual(), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    words = " ".join(re.sub(r"-\n\s+", "", done.stdout).split())
    assert "end after so many seconds" in words
    assert "kretprobe:SyS_read { @.quantize(retval) }' -- ls" in words


def test_every_line_of_the_help_with_an_option_is_in_the_table() -> None:
    assert len(options()) == len(re.findall(r"^  (?:-\w, |    )--", HELP, re.MULTILINE))

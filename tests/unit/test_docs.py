"""What the documents say holds: programs compile, recipes work, links and paths lead somewhere, examples are scripts.

A fenced block marked `ply` is a program; `ply error=CODE` one that is wrong in this way, `ply arguments=A,B` one that
is started with these. In a `console` block, each program after `ply` must compile on the kernel that the README was
written on (`bare`: no kprobes), or fail with the error that the block shows. In CONTRIBUTING.md the block below a line
"New file `PATH`:" is that file; all of them are put into a copy of the package, and the programs that follow run there.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hosts import BARE, FUNCTIONS, MODERN, TableHost
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.source import Source
from plytrace.runtime.reference import reference

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
HOST = replace(MODERN, code=(*FUNCTIONS, "wake_up_new_task"))
EXAMPLES = sorted((ROOT / "examples").glob("*.ply"))
FENCE = re.compile(r"^```(\w*) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW_FILE = re.compile(r"^New file `([^`]+)`:\n\n```(?:python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDERS = "grammar|compiler|runtime|examples|tests|docs|\\.ci"
NAMED_PATH = re.compile(rf"(?<![\w./~-])((?:{FOLDERS})/[\w.*/-]*[\w*/])")
LINK = re.compile(r"\]\(([^)\s]+)\)")
STRANGERS = re.compile(
    r"(pypi\.org|pythonhosted\.org|npmjs|crates\.io|anaconda\.org|golang\.org|rubygems)|(?<![\w.~-])(/work|/root)\b"
)


@dataclass(frozen=True)
class Block:
    """A fenced block: `marks` is what follows the language in its first line."""

    language: str
    marks: str
    text: str

    def mark(self, name: str) -> str:
        """The value of `NAME=VALUE` in the first line."""
        found = re.search(rf"{name}=(\S+)", self.marks)
        return found[1] if found else ""


def blocks(document: Path, language: str) -> list[Block]:
    found = (Block(*match) for match in FENCE.findall(document.read_text(encoding="utf-8")))
    return [block for block in found if block.language == language]


def test_the_reference_is_what_the_sources_say() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == reference()


def recipes() -> dict[str, str]:
    """The new files of CONTRIBUTING.md, by their paths."""
    return dict(NEW_FILE.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))


def diagnose(text: str, host: TableHost, parameters: Sequence[str] = ()) -> str:
    """The code of the first error in a program, or ""."""
    try:
        compile_source(Source("<program>", text), host, Options(parameters=tuple(parameters)))
    except PlyError as error:
        return error.diagnostics[0].code
    return ""


def named(cases: Sequence[tuple[Path, object]]) -> list[str]:
    return [f"{path.name}-{index}" for index, (path, _) in enumerate(cases)]


PROGRAMS = [
    (document, block) for document in DOCUMENTS for block in blocks(document, "ply") if "recipe" not in block.marks
]


@pytest.mark.parametrize(("document", "block"), PROGRAMS, ids=named(PROGRAMS))
def test_programs_compile(document: Path, block: Block) -> None:
    assert diagnose(block.text, HOST, block.mark("arguments").replace(",", " ").split()) == block.mark("error"), (
        block.text
    )


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command line of a console block, with what it printed."""
    for part in re.split(r"^# (?=ply )", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


CONSOLES = [
    (document, command, output)
    for document in DOCUMENTS
    for block in blocks(document, "console")
    if "recipe" not in block.marks
    for command, output in commands(block.text)
    if " -c " in command
]


@pytest.mark.parametrize(("document", "command", "output"), CONSOLES, ids=[it[1][:60] for it in CONSOLES])
def test_programs_on_command_lines_compile(document: Path, command: str, output: str) -> None:
    words = shlex.split(command)
    expected = re.match(r"error\[([\w-]+)\]", output)
    assert diagnose(words[words.index("-c") + 1], BARE) == (expected[1] if expected else "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = [link.partition("#")[0] for link in LINK.findall(document.read_text(encoding="utf-8"))]
    inside = [link for link in links if link and not re.match(r"\w+:", link)]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_exist(document: Path) -> None:
    new = recipes()
    text = document.read_text(encoding="utf-8")
    paths = {path.rstrip(".") for path in NAMED_PATH.findall(text)}
    assert sorted(path for path in paths if path not in new and not any(ROOT.glob(path.rstrip("/")))) == []


@pytest.mark.parametrize("document", [*DOCUMENTS, *EXAMPLES], ids=lambda path: path.name)
def test_nothing_belongs_to_one_machine(document: Path) -> None:
    assert STRANGERS.findall(document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_scripts(path: Path) -> None:
    first, second, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first == "#!/usr/bin/env ply"
    assert re.fullmatch(r"# .*\?.*", second), "the header says which question it answers"
    assert os.access(path, os.X_OK)
    assert diagnose(path.read_text(encoding="utf-8"), BARE) == ""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_known(path: Path) -> None:
    assert f"examples/{path.name}" in (ROOT / "README.md").read_text(encoding="utf-8")


COMPILE = """
import json, sys
import plytrace.compiler as compiler
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.diagnostic import PlyError
from plytrace.grammar.source import Source
from plytrace.runtime.commands import commands
from plytrace.runtime.output import formats
assert compiler.__file__.startswith(sys.argv[1]), compiler.__file__
sys.path.append(sys.argv[2])
from hosts import MODERN
codes = []
for text in json.load(sys.stdin):
    try:
        compile_source(Source("<program>", text), MODERN, Options())
        codes.append("")
    except PlyError as error:
        codes.append(error.diagnostics[0].code)
print(json.dumps([codes, formats(), list(commands())]))
"""


def test_recipes_work(tmp_path: Path) -> None:
    """Each new file alone makes its entry known; `ply recipe` blocks are programs for the copy with all of them."""
    for part in ("grammar", "compiler", "runtime"):
        shutil.copytree(ROOT / part, tmp_path / "plytrace" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "__init__.py", tmp_path / "plytrace")
    new = recipes()
    kinds = (
        "compiler/functions/",
        "compiler/aggregations/",
        "compiler/providers/",
        "runtime/output/",
        "runtime/commands/",
    )
    for path, text in new.items():
        if path.startswith(kinds):
            assert not (ROOT / path).exists(), f"{path} is no longer new"
            (tmp_path / "plytrace" / path).write_text(text, encoding="utf-8")
    assert all(any(path.startswith(kind) for path in new) for kind in kinds)
    programs = [block for block in blocks(ROOT / "CONTRIBUTING.md", "ply") if "recipe" in block.marks]
    assert programs
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(tmp_path), str(ROOT / "tests")],
        input=json.dumps([block.text for block in programs]),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    codes, formats, commands = json.loads(done.stdout)
    assert codes == [block.mark("error") for block in programs]
    assert {Path(path).stem for path in new if path.startswith("runtime/output/")} <= set(formats)
    assert {Path(path).stem for path in new if path.startswith("runtime/commands/")} <= set(commands)

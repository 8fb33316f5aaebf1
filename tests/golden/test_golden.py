"""What each stage of the compiler makes of a program; `pytest tests/golden --update-goldens` rewrites the files.

`NAME.test` is a program, then sections as `ply --emit STAGE` shows them: `# ast`, `# probes`, `# typed`, `# ir`, for
the host `modern` of `hosts.py`, or for the one that the heading names (`# probes bare`). Where the program is wrong,
or the host lacks something, a section has the errors instead. To add one: the program, the headings, the flag.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hosts import HOSTS
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import stages
from plytrace.grammar.diagnostic import Diagnostic, PlyError
from plytrace.grammar.source import Source
from plytrace.runtime.emit import show

CASES = sorted(Path(__file__).parent.glob("*.test"))
HEADING = re.compile(rf"^# (ast|probes|typed|ir)(?: ({'|'.join(HOSTS)}))?\n", re.MULTILINE)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, request: pytest.FixtureRequest) -> None:
    before = path.read_text(encoding="utf-8")
    after = "".join(rewritten(before))
    if request.config.getoption("--update-goldens"):
        path.write_text(after, encoding="utf-8")
    else:
        assert after == before


def test_every_stage_and_host_is_covered() -> None:
    headings = {match.groups() for path in CASES for match in HEADING.finditer(path.read_text(encoding="utf-8"))}
    assert {stage for stage, _ in headings} == {"ast", "probes", "typed", "ir"}
    assert {host for _, host in headings} == {None, *HOSTS} - {"modern"}


def rewritten(text: str) -> Iterator[str]:
    """The file as it should be: the program, and each section that it has."""
    headings = list(HEADING.finditer(text))
    assert headings, "no section: which stages are of interest?"
    program = text[: headings[0].start()]
    yield program
    for heading in headings:
        end = "" if heading is headings[-1] else "\n"
        yield f"{heading[0]}{result(program.rstrip(), heading[1], heading[2] or 'modern')}\n{end}"


def result(program: str, stage: str, host: str) -> str:
    """What `--emit STAGE` shows, or the errors."""
    source = Source("<program>", program)
    try:
        found = next(value for name, value in stages(source, HOSTS[host], Options()) if name == stage)
    except PlyError as error:
        return "\n".join(explained(diagnostic, source) for diagnostic in error.diagnostics)
    return "\n".join(steady(show(stage, found)))


def steady(shown: str) -> Iterator[str]:
    """The lines, without what is below a `match`: `# probes` says that, without tables of the machine in it."""
    hidden_below = None
    for line in shown.rstrip("\n").split("\n"):
        indent = len(line) - len(line.lstrip())
        if hidden_below is not None and indent > hidden_below:
            continue
        hidden_below = indent if line.lstrip().startswith("match: ") else None
        yield line


def explained(diagnostic: Diagnostic, source: Source) -> str:
    """An error by its code, its place, and what it advises."""
    line, column = source.position(diagnostic.span.start) if diagnostic.span else (0, 0)
    return f"error[{diagnostic.code}] at {line}:{column}: {diagnostic.message}\n  help: {diagnostic.help}"

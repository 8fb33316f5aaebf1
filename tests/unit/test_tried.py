"""The table of providers and kernels in docs/probes.md is that of `runtime/tried.py`: `--update-goldens` writes it."""

from pathlib import Path

import pytest
from plytrace.compiler.registry import providers
from plytrace.runtime.trials import TRIALS
from plytrace.runtime.tried import TRIED

DOCUMENT = Path(__file__).parents[2] / "docs/probes.md"
WORDS = {True: "yes", False: "no", None: "not tried"}
HEADING = "## What was tried\n"


def table() -> str:
    series = sorted(TRIED, key=lambda name: [int(part) for part in name.split(".")])
    lines = [f"| probe | {' | '.join(series)} |", f"|---|{'---|' * len(series)}"]
    for trial in TRIALS:
        cells = (WORDS[TRIED[name].get(trial.provider)] for name in series)
        lines.append(f"| `{trial.provider}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_the_table_of_the_document(request: pytest.FixtureRequest) -> None:
    before, heading, section = DOCUMENT.read_text(encoding="utf-8").partition(HEADING)
    introduction, found, rest = section.partition("\n| probe |")
    assert heading and found
    _, _, after = (found + rest).partition("\n\n")
    now = f"{before}{HEADING}{introduction}\n{table()}" + (f"\n{after}" if after else "")
    if request.config.getoption("--update-goldens"):
        DOCUMENT.write_text(now, encoding="utf-8")
    else:
        assert f"\n{table()}" in section


def test_every_provider_has_a_trial() -> None:
    """Those of the table, but END, which comes with BEGIN."""
    assert {trial.provider for trial in TRIALS} == {entry.name for entry in providers().values()} - {"END"}

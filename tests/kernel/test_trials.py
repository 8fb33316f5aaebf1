"""The trial of every provider on this kernel: how it ends is in `runtime/tried.py`, and so in the documents.

`pytest tests/kernel/test_trials.py --update-goldens` writes it for the kernel at hand.
"""

from pathlib import Path

import pytest
from plytrace.runtime import tried
from plytrace.runtime.selftest import checks, series_of

pytestmark = pytest.mark.booted

HEAD = '''"""How the trials of `trials.py` ended on the tests' kernels: `tests/kernel/test_trials.py` writes it."""

from collections.abc import Mapping

TRIED: Mapping[str, Mapping[str, bool]] = {
'''
TAIL = '''}
"""Series of kernels -> providers -> whether their trial succeeded."""
'''


def test_every_provider(request: pytest.FixtureRequest) -> None:
    found = {check.provider: check for check in checks() if check.provider}
    ended = {provider: check.missing is None for provider, check in found.items()}
    series = series_of()
    if request.config.getoption("--update-goldens"):
        table = {**tried.TRIED, series: ended}
        rows = "".join(row(name, table[name]) for name in sorted(table, key=lambda it: [*map(int, it.split("."))]))
        Path(tried.__file__).write_text(HEAD + rows + TAIL)
        return
    print(f"\n{row(series, ended)}")  # for a kernel in which nothing can be written: `pytest -s` shows it
    if series in tried.TRIED:
        why = {provider: check.missing for provider, check in found.items() if check.missing}
        assert ended == tried.TRIED[series], (row(series, ended), why)


def row(series: str, ended: dict[str, bool]) -> str:
    items = "".join(f'        "{provider}": {how},\n' for provider, how in ended.items())
    return f'    "{series}": {{\n{items}    }},\n'

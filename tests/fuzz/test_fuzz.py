"""A minute of mutated scripts: whatever the text, the compiler answers with an artifact or with diagnostics."""

import os
import subprocess
import sys
from pathlib import Path

SECONDS = os.environ.get("PLY_FUZZ_SECONDS", "60")


def test_only_diagnostics_come_out() -> None:
    script = Path(__file__).with_name("fuzz.py")
    run = subprocess.run([sys.executable, script, SECONDS], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    scripts, right = (int(word) for word in run.stdout.split() if word.isdecimal())
    assert scripts > 50 and scripts / 50 < right < scripts, run.stdout

"""The modules that a warm start imports are a closed list, so that no import makes every run slower unnoticed."""

import subprocess
import sys

from warm import DEAR, OURS

STEPS = ("start", "cli", "build", "cache", "session", "maps", "output._messages", "output.text")


def test_a_warm_start_imports_what_is_listed() -> None:
    program = "; ".join(
        [
            "import sys",
            "before = set(sys.modules)",
            *(f"import plytrace.runtime.{step}" for step in STEPS),
            "import plytrace.compiler.aggregations.count",
            "print(*(set(sys.modules) - before))",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    imported = set(done.stdout.split())
    assert {name for name in imported if name.split(".")[0] == "plytrace"} == OURS
    assert not DEAR & imported

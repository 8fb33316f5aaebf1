"""uaddr(NAME): variables of a program, wherever it was loaded, against what the program itself prints."""

from pathlib import Path

import pytest
from harness import Ply, compiled

SOURCE = """
#include <stdio.h>
int counter = 40;
__attribute__((noinline)) int bump(int by) { return counter += by; }
int main(void) { for (int i = 0; i < 5; i++) printf("%d\\n", bump(3)); printf("%p\\n", (void *)&counter); }
"""


@pytest.mark.parametrize("kind", ["-pie", "-no-pie", "-static"])
def test_a_variable_of_a_program(ply: Ply, tmp_path: Path, kind: str) -> None:
    (tmp_path / "counts.c").write_text(SOURCE)
    program = compiled(tmp_path / "counts.c", tmp_path / "counts", "-O1", "-fPIE", kind)
    script = f'uprobe:{program}:bump {{ printf("%d %p %s", *(s32 *)uaddr("counter"), uaddr("counter"), '
    script += 'usym(uaddr("bump"))) }'
    printed = tmp_path / "printed"
    result = ply.json("-c", script, command=["sh", "-c", f"exec {program} >{printed}"])
    *sums, address = printed.read_text().splitlines()
    seen = [text.split(maxsplit=2) for text in result.printed()]
    assert [int(value) + 3 for value, _, _ in seen] == [int(value) for value in sums] == [43, 46, 49, 52, 55]
    assert {(where, name) for _, where, name in seen} == {(address, "bump [counts]")}

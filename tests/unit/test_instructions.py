"""How long instructions of x86-64 are, against what binutils make of a large program."""

import re
import shutil
import subprocess

import pytest
from plytrace.compiler.x86_instructions import instruction_length

WAIT = b"\x9b"
"""An instruction of its own, which objdump shows together with the one behind it."""


def test_those_of_a_large_program() -> None:
    if shutil.which("objdump") is None:
        pytest.skip("there is no objdump to compare with")
    command = ["objdump", "-d", "-w", "-z", "/bin/bash"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "x86-64" not in text:
        pytest.skip("this machine's programs are for another processor")
    found = re.findall(r"^ +[0-9a-f]+:\t((?:[0-9a-f]{2} )+) *\t(?!.*\(bad\))", text, re.MULTILINE)
    codes = {bytes.fromhex(code) for code in found}
    assert len(codes) > 10_000
    assert [code.hex() for code in codes if instruction_length(code + b"\0" * 15, 0) != len(code)] == []


@pytest.mark.parametrize(
    ("code", "length"),
    [
        ("c3", 1),
        ("f3 0f 1e fa", 4),  # endbr64
        ("66 2e 0f 1f 84 00 00 00 00 00", 10),
        ("48 b8 01 02 03 04 05 06 07 08", 10),
        ("66 b8 34 12", 4),
        ("66 e8 01 02 03 04", 6),
        ("c8 10 00 00", 4),
        ("f6 c0 01", 3),
        ("f6 d8", 2),
        ("48 f7 c0 01 00 00 00", 7),
        ("66 f7 c1 34 12", 5),
        ("c5 f8 77", 3),  # vzeroupper
        ("c4 e3 7d 39 c1 01", 6),  # vextracti128
        ("62 f1 fe 48 6f 44 24 01", 8),  # vmovdqu64
        ("62 f3 75 48 25 c2 ff", 7),  # vpternlogd
        ("64 48 8b 04 25 28 00 00 00", 9),
        ("48 a1 01 02 03 04 05 06 07 08", 10),
        ("06", 0),
        ("d5 19 58", 0),
        ("48", 0),
        ("0f 38", 0),
    ],
)
def test_one(code: str, length: int) -> None:
    assert instruction_length(bytes.fromhex(code), 0) == length

"""`ply --check`: diagnostics for editors and CI, and what is the script's fault told from what this machine lacks."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from plytrace.runtime.check import OF_THIS_MACHINE

PLY = Path(sys.executable).parent / "ply"
ROOT = Path(__file__).parent.parent.parent


def check(*words: str | Path, stdin: str = "", variables: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    done = subprocess.run(
        [PLY, "--check", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **(variables or {})},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def objects(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def script(folder: Path, text: str, name: str = "x.ply") -> Path:
    path = folder / name
    path.write_text(text)
    return path


RIGHT = "BEGIN { @ = 1 }\n"
WRONG = "BEGIN { @ = 1 }\nBEGIN {\n  print(cmm) }\n"
ELSEWHERE = "uprobe:/no/such/program:main { @n.count() }\n"


def test_a_script_that_is_right(tmp_path: Path) -> None:
    assert check(script(tmp_path, RIGHT)) == check("-f", "json", script(tmp_path, RIGHT)) == (0, "", "")


def test_a_script_that_is_wrong(tmp_path: Path) -> None:
    path = script(tmp_path, WRONG)
    status, output, errors = check(path)
    assert (status, output) == (1, "")
    assert errors.startswith(f"error[unknown-function]: unknown name `cmm`\n --> {path}:3:9\n")


def test_json(tmp_path: Path) -> None:
    path = script(tmp_path, WRONG)
    status, output, errors = check("-f", "json", path)
    assert (status, errors) == (1, "")
    assert objects(output) == [
        {
            "type": "diagnostic",
            "file": str(path),
            "status": 1,
            "code": "unknown-function",
            "message": "unknown name `cmm`",
            "span": {"start": {"line": 3, "column": 9}, "end": {"line": 3, "column": 12}},
            "help": "did you mean `comm`?",
            "notes": [],
            "labels": [],
        }
    ]


def test_a_second_place_has_its_own_span(tmp_path: Path) -> None:
    _, output, _ = check("-f", "json", script(tmp_path, "BEGIN { @[1].count() }\nEND { @['a', 2].count() }"))
    (found,) = objects(output)
    assert found["code"] == "map-keys-differ"
    assert [label["span"]["start"]["line"] for label in found["labels"]] in ([1], [2])


def test_what_this_machine_lacks_is_another_status(tmp_path: Path) -> None:
    status, output, errors = check("-f", "json", script(tmp_path, ELSEWHERE))
    (found,) = objects(output)
    assert (status, errors, found["status"], found["code"]) == (3, "", 3, "no-such-binary")
    assert check(script(tmp_path, ELSEWHERE))[2].count("this depends on the machine") == 1


def test_all_files_are_checked_and_the_worst_counts(tmp_path: Path) -> None:
    wrong, right = script(tmp_path, WRONG + ELSEWHERE, "wrong"), script(tmp_path, RIGHT, "right")
    elsewhere = script(tmp_path, ELSEWHERE, "elsewhere")
    status, output, errors = check("-f", "json", elsewhere, wrong, right)
    assert (status, errors) == (1, "")
    assert [(Path(found["file"]).name, found["status"]) for found in objects(output)] == [
        ("elsewhere", 3), ("wrong", 1), ("wrong", 3)
    ]  # fmt: skip
    assert check(elsewhere, right)[0] == 3
    assert check(elsewhere, tmp_path / "none")[0] == 2
    assert check(wrong, tmp_path / "none")[0] == 1


def test_options_may_follow_files(tmp_path: Path) -> None:
    assert objects(check(script(tmp_path, WRONG), "-f", "json")[1])[0]["code"] == "unknown-function"


def test_standard_input_and_program_text() -> None:
    status, output, _ = check("-f", "json", "-", stdin="BEGIN { @ = }")
    (found,) = objects(output)
    assert (status, found["file"], found["code"]) == (1, "<stdin>", "missing-operand")
    assert found["span"] == {"start": {"line": 1, "column": 12}, "end": {"line": 1, "column": 12}}
    assert check("-c", RIGHT) == (0, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN { print($1) }",
        "BEGIN { @ = $1 + 1 }",
        'BEGIN { @ = $1 == "dd" }',
        'BEGIN { @ = $1 == "dd"; @b = $2 * 2; @c = $3 == "x" }',
        "BEGIN { @ = $7 + $6 + $5 }",
        "BEGIN { @ = $#; @b = $2 + 1 }",
    ],
)
def test_arguments_that_nobody_knows_yet(text: str) -> None:
    assert check("-c", text) == (0, "", "")


def test_an_argument_that_can_be_nothing() -> None:
    status, _, errors = check("-c", 'BEGIN { @ = $1 == "dd"; @b = $1 * 2 }')
    assert status == 1
    assert "error[wrong-operand]" in errors


def test_the_environment_is_this_machine_s() -> None:
    text = "BEGIN { print($PLY_TEST_ONLY) }"
    assert check("-c", text)[0] == 3
    assert check("-c", text, variables={"PLY_TEST_ONLY": "x"}) == (0, "", "")


def test_nothing_to_check() -> None:
    assert check()[0] == 2
    assert "error[unknown-format]" in check("-f", "csv", "-c", RIGHT)[2]


def test_the_codes_that_depend_on_the_machine_exist() -> None:
    texts = {
        node.value
        for path in (ROOT / "compiler").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(OF_THIS_MACHINE - texts) == []

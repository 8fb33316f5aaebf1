"""Who may import whom: grammar <- compiler <- runtime, stages in their order, entries of an open set never each other.

All imports count, those inside functions too. What is found by name at run time (`registry.py`) is not seen here.
"""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("grammar", "compiler", "runtime")
STAGES = ["build_ast", "resolve", "infer", "verify", "codegen", "pipeline"]
NOUNS = ["types", "values", "effects", "attachment", "schema", "host", "options", "ast", "typed", "artifact"]
OPEN_SETS = tuple(f"compiler/{name}/" for name in ("functions", "aggregations", "providers", "backends", "machines"))
FORMATS, COMMANDS = "runtime/output/", "runtime/commands/"
HOME = {
    "ctypes": "runtime/kernel/",
    "lark": "grammar/parser.py",
    "llvmlite": "compiler/backends/llvm/",
    "numpy": "runtime/columns.py",
    "prompt_toolkit": "runtime/repl/",
    "subprocess": "compiler/backends/c/",  # runs clang, the other assembler
}
MACHINE = frozenset({"os", "sys", "io", "pathlib", "socket", "tempfile", "time", "random", "threading", "signal"})
MACHINE_CALLS = frozenset({"print", "open", "input", "exec", "eval", "exit"})

TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def imports(file: str) -> Iterator[str]:
    """Outside modules by name, our own by file: `lark`, `compiler/types.py`."""
    for node in ast.walk(TREES[file]):
        match node:
            case ast.Import(names=names):
                yield from (name.name.split(".")[0] for name in names)
            case ast.ImportFrom(module=module, level=0):
                yield (module or "").split(".")[0]
            case ast.ImportFrom(module=module, names=names, level=level):
                base = Path(file).parents[level - 1] / (module or "").replace(".", "/")
                yield from (own_file(base, name.name) for name in names)


def own_file(base: Path, name: str) -> str:
    """The file behind `from BASE import NAME`: a module of that name, or else the base itself."""
    choices = (base / f"{name}.py", base / name / "__init__.py", Path(f"{base}.py"), base / "__init__.py")
    return next(choice.as_posix() for choice in choices if (ROOT / choice).is_file())


IMPORTS = {file: set(imports(file)) for file in TREES}


def reached(start: str) -> set[str]:
    """All files of ours that importing one brings in."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = (IMPORTS[waiting.pop()] & set(TREES)) - found
        found |= new
        waiting += new
    return found


def entry(file: str) -> str:
    """The entry of an open set that a file belongs to; "" for what entries share."""
    home = next((folder for folder in (*OPEN_SETS, FORMATS, COMMANDS) if file.startswith(folder)), "")
    name = file.removeprefix(home).split("/")[0].removesuffix(".py")
    shared = name.startswith("_") or (home in (FORMATS, COMMANDS) and name == "protocol")
    return f"{home}{name}" if home and not shared else ""


def test_folders_import_only_what_is_below_them() -> None:
    above = {folder: FOLDERS[index + 1 :] for index, folder in enumerate(FOLDERS)}
    pairs = [(file, name) for file in TREES for name in IMPORTS[file]]
    assert [pair for pair in pairs if pair[1].split("/")[0] in above[pair[0].split("/")[0]]] == []


def test_imports_form_no_circle() -> None:
    ours = {file: found & set(TREES) for file, found in IMPORTS.items()}
    assert sorted(TopologicalSorter(ours).static_order()) == sorted(TREES)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_nothing_of_later_ones(stage: str) -> None:
    later = {f"compiler/{name}.py" for name in STAGES[STAGES.index(stage) + 1 :]}
    assert reached(f"compiler/{stage}.py") & later == set()


@pytest.mark.parametrize("noun", NOUNS)
def test_data_knows_nothing_of_stages_and_entries(noun: str) -> None:
    found = reached(f"compiler/{noun}.py")
    assert found & {f"compiler/{name}.py" for name in STAGES} == set()
    assert [name for name in found if name.startswith(OPEN_SETS)] == []


def test_entries_of_an_open_set_never_import_each_other() -> None:
    pairs = [(file, name) for file in TREES for name in IMPORTS[file] if entry(file) and entry(name)]
    assert [pair for pair in pairs if entry(pair[0]) != entry(pair[1])] == []


@pytest.mark.parametrize("module", HOME)
def test_a_library_has_one_home(module: str) -> None:
    users = [file for file in TREES if module in IMPORTS[file]]
    assert users, f"nobody imports {module} any more: take it off the list"
    assert [file for file in users if not file.startswith(HOME[module])] == []


@pytest.mark.parametrize("file", [file for file in TREES if file.startswith("compiler/")])
def test_the_compiler_does_not_touch_the_machine(file: str) -> None:
    assert IMPORTS[file] & MACHINE == set()
    calls = (node.func for node in ast.walk(TREES[file]) if isinstance(node, ast.Call))
    assert [call.id for call in calls if isinstance(call, ast.Name) and call.id in MACHINE_CALLS] == []

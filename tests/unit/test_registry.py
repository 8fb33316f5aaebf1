"""Every function, aggregation and provider is documented by its own file, with examples that compile."""

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hosts import MODERN
from plytrace.compiler import registry
from plytrace.compiler.options import Options
from plytrace.compiler.pipeline import compile_source
from plytrace.grammar.source import Source

COMPILER = Path(registry.__file__).parent
KNOWN = {
    "functions": registry.functions,
    "aggregations": registry.aggregations,
    "providers": registry.providers,
}
ENTRIES = [
    (folder, path.stem)
    for folder in KNOWN
    for path in sorted((COMPILER / folder).glob("*.py"))
    if not path.stem.startswith("_")
]


def examples(documentation: str) -> Iterator[str]:
    """The programs of a docstring: lines that begin with a probe, several in a line where eight blanks part them.

    Not by their indentation: the formatter takes it away where nothing else follows the first line.
    """
    for line in documentation.splitlines():
        if re.match(r"\s*(BEGIN|END|\w+:\S+) ", line):
            yield from re.split(r"\s{8,}", line.strip())


EXAMPLES = [
    (folder, name, program)
    for folder, name in ENTRIES
    for program in examples(registry.documentation(folder, name))
]  # fmt: skip


def test_every_set_has_entries() -> None:
    assert {folder for folder, _ in ENTRIES} == set(KNOWN)


@pytest.mark.parametrize(("folder", "name"), ENTRIES)
def test_an_entry_is_declared_under_the_name_of_its_file(folder: str, name: str) -> None:
    names = {entry.name.lower() for entry in KNOWN[folder]().values()}
    assert name in names


@pytest.mark.parametrize(("folder", "name"), ENTRIES)
def test_the_first_line_says_the_name_and_what_it_is(folder: str, name: str) -> None:
    first = registry.documentation(folder, name).strip().splitlines()[0]
    assert re.match(rf"{name}(\(.*?\))?: \S+ .*[^:]$", first, re.IGNORECASE), first


@pytest.mark.parametrize(("folder", "name"), ENTRIES)
def test_an_example_uses_the_entry(folder: str, name: str) -> None:
    entry = next(entry for entry in KNOWN[folder]().values() if entry.name.lower() == name)
    programs = [program for where, whose, program in EXAMPLES if (where, whose) == (folder, name)]
    assert any(entry.name in program for program in programs), "no example"


@pytest.mark.parametrize(
    ("folder", "name", "program"),
    EXAMPLES,
)
def test_an_example_compiles(folder: str, name: str, program: str) -> None:
    artifact = compile_source(Source(f"{folder}/{name}", program), MODERN, Options())
    assert artifact.programs


def declared(folder: str) -> Iterator[Any]:
    """What each file of a set declares: not through the registry, which would hide a name that is taken twice."""
    for where, name in ENTRIES:
        if where == folder:
            module = importlib.import_module(f"plytrace.compiler.{folder}.{name}")
            yield getattr(module, folder.removesuffix("s").upper())


@pytest.mark.parametrize("folder", KNOWN)
def test_names_and_aliases_are_unique(folder: str) -> None:
    uses = Counter(word for entry in declared(folder) for word in (entry.name, *entry.aliases))
    assert [word for word, count in uses.items() if count > 1] == []


def test_a_function_and_an_aggregation_of_one_name_take_different_arguments() -> None:
    """`@ = max(x)` is an aggregation, `@ = max(x, y)` a function."""
    functions, updates = registry.functions(), registry.aggregations()
    for name in functions.keys() & updates.keys():
        needed = sum(not parameter.optional for parameter in functions[name].parameters)
        assert needed > updates[name].takes_value + len(updates[name].parameters), name


def test_names_can_be_written() -> None:
    for folder, known in KNOWN.items():
        for word in known():
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word), f"{folder}: {word}"

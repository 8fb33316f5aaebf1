"""docs/reference.md, from what every function, aggregation and provider says of itself.

`python -m plytrace.runtime.reference > docs/reference.md`, or `make docs`
"""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from ..compiler.registry import aggregations, documentation, functions, providers

_HEAD = """\
# Reference

Everything there is by name: what `ply --help NAME` shows. [language.md](language.md) says how it fits together. This
page is made from the sources by `make docs`.
"""
_EXAMPLE = re.compile(r"\s*(?:BEGIN|END|\w+:\S+) .*[}>]")


class Entry(Protocol):
    """What functions, aggregations and providers have in common."""

    @property
    def name(self) -> str:
        """Its name in programs."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of it."""


def reference() -> str:
    """The whole page."""
    sections = (
        ("Probes", "providers", providers()),
        ("Functions", "functions", functions()),
        ("Aggregations", "aggregations", aggregations()),
    )
    text = "\n".join([_HEAD, *(line for section in sections for line in _section(*section))])
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _section(title: str, folder: str, known: Mapping[str, Entry]) -> Iterator[str]:
    yield f"## {title}\n"
    for entry in sorted({entry.name: entry for entry in known.values()}.values(), key=lambda entry: entry.name):
        yield f"### {entry.name}\n"
        yield from _entry(documentation(folder, entry.name.lower()), entry.aliases)


def _entry(text: str, aliases: tuple[str, ...]) -> Iterator[str]:
    """A docstring as Markdown: its first line apart, its examples as programs, indented lines as they are."""
    first, *lines = text.strip().splitlines()
    what, _, gives = first.partition(": ")
    yield f"`{what}`: {gives}\n"
    if aliases:
        yield f"Also {', '.join(f'`{alias}`' for alias in aliases)}.\n"
    quoted = False
    for line in [*lines, ""]:
        if quoted and not line.startswith("    "):
            yield "```\n"
            quoted = False
        if _EXAMPLE.fullmatch(line):
            for program in re.split(r"\s{8,}", line.strip()):
                yield f"```ply\n{program}\n```\n"
        elif line.startswith("    "):
            if not quoted:
                yield "```text"
            quoted = True
            yield line[4:]
        else:
            yield line


if __name__ == "__main__":
    print(reference(), end="")

"""Side by side with bpftrace, ply in C and clang: `python tests/bench/run.py [--write] [--rounds N] [SECTION...]`.

Prints tables as Markdown; `--write` puts those into docs/performance.md that were measured, and leaves the others.
"""

import argparse
import os
import re
import sys
import time

import in_kernel
import sections
from measure import Table
from place import ROOT, Place

SECTIONS = {
    "start": sections.start,
    "imports": sections.imports,
    "events": in_kernel.events,
    "delivery": in_kernel.delivery,
    "wide": sections.wide,
    "maps": sections.maps,
    "stacks": sections.stacks,
}
PAGE = ROOT / "docs" / "performance.md"


def markdown(table: Table) -> str:
    """A table of Markdown."""
    head, *rows = table
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def put(name: str, text: str) -> None:
    """Into the page, between the marks of its section."""
    page = PAGE.read_text(encoding="utf-8")
    marks = f"(<!-- {name} -->\n).*?(<!-- end -->)"
    changed = re.sub(marks, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL)
    PAGE.write_text(changed, encoding="utf-8")


def main() -> None:
    """Measure what was asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    unknown = set(asked.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    place = Place()
    try:
        for name in asked.sections or SECTIONS:
            began = time.monotonic()
            load = os.getloadavg()[0]
            table = markdown(SECTIONS[name](place, asked.rounds))
            what = (SECTIONS[name].__doc__ or "").strip()
            note = f"{what} {asked.rounds} rounds, load {load:.1f} at the start; median (least..most)."
            print(f"\n## {name}\n\n{note}\n\n{table}", flush=True)
            print(f"({time.monotonic() - began:.0f} s)", file=sys.stderr)
            if asked.write:
                put(name, f"{note}\n\n{table}")
    finally:
        place.close()


if __name__ == "__main__":
    main()

"""Mutated scripts through the whole compiler: only diagnostics may come out. `python tests/fuzz/fuzz.py SECONDS [SEED]`

Prints how many scripts were compiled and how many of them were right; ends with status 1, and the script, where one
ends in anything but an artifact or diagnostics, or takes more than ten seconds. What LLVM brings down is found as well:
the scripts are compiled in another process, which leaves each one in a file before it begins.
"""

import faulthandler
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))  # `import hosts`

from hosts import HOSTS  # noqa: E402
from plytrace.compiler.options import Options  # noqa: E402
from plytrace.compiler.pipeline import compile_source  # noqa: E402
from plytrace.grammar.diagnostic import PlyError  # noqa: E402
from plytrace.grammar.render import render  # noqa: E402
from plytrace.grammar.source import Source  # noqa: E402

SLOW = 10
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
EXAMPLE = re.compile(r" *(?:\w+:\S+|BEGIN) .*\{.*\}$")
EXTREMES = [
    "0", "-1", "1", "63", "64", "65", "255", "4096", "4097", "32768", "1e9", "0xffffffffffffffff", "1 << 63", "10ms",
    "'a'", '""', '"' + "x" * 300 + '"', "nil", "$1", "$#", "$target", "@", "@m", "@m[1]", "@m[1, 2]", "(1, 2)",
    "(1, (2, \"a\"))", "comm", "pid", "retval", "arg0", "arg(9)", "args.count", "curtask", "curtask->comm", "self->x",
    "stack", "ustack", "str(arg0)", "str(arg0, 4096)", "mem(arg0, \"2wq16s\")", "buf(arg0, 9)", "time", "count()",
    "quantize(arg2)", "if (1)", "else", "for (k, v in @m)", "for (i in 0..9)", "while (1)", "unroll (3)", "break",
    "return", "delete", "let u8 x = 1", "(u8)", "(char *)", "(struct task_struct *)", "sizeof", "len(@m)", "++", "--",
    "->", "?:", "&&", "^^", "<<=", "%", "/ 1 /", "{", "}", ";", "\0", "\x1b", "é", "\udc80", "struct task_struct",
]  # fmt: skip


def corpus() -> list[str]:
    """The programs in examples, documents, goldens, and the examples of functions, aggregations and providers."""
    programs = [path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.ply")]
    for path in (ROOT / "tests" / "golden").glob("*.test"):
        programs.append(re.split(r"\n# \w+", path.read_text(encoding="utf-8"))[0])
    for path in (ROOT / "compiler").glob("*/*.py"):
        programs += [line.strip() for line in path.read_text(encoding="utf-8").split("\n") if EXAMPLE.match(line)]
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        programs += re.findall(r"^```ply[^\n]*\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return sorted(set(programs))


def mutated(programs: list[str], choose: random.Random) -> str:
    """One program, or two, with words replaced, tokens gone, doubled or exchanged, another program's in between."""
    tokens = TOKEN.findall("\n".join(choose.choices(programs, k=choose.choice([1, 1, 1, 2]))))[:600]
    for _ in range(choose.choice([1, 1, 1, 2, 2, 3, 6])):
        words = [place for place, token in enumerate(tokens) if token[0].isalnum()]
        if not words:
            break
        at, other = choose.choice(words), choose.choice(words)
        match choose.randrange(12):
            case 0 | 1 | 2 | 3:
                tokens[at] = choose.choice(EXTREMES)
            case 4 | 5 | 6:
                tokens[at] = tokens[other]
            case 7:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 8:
                del tokens[choose.randrange(len(tokens))]
            case 9:
                tokens[at:at] = tokens[min(at, other) : max(at, other)][:20]
            case 10:
                piece = TOKEN.findall(choose.choice(programs))
                start = choose.randrange(len(piece) or 1)
                tokens[at:at] = piece[start : start + choose.randrange(1, 30)]
            case 11:
                place = choose.randrange(len(tokens))
                tokens[place] = tokens[place] * choose.choice([2, 3, 200])
    return "".join(tokens)


def check(text: str, host: str) -> bool:
    """Whether a script is right; raises where the compiler ends in anything but an artifact or diagnostics."""
    source = Source("<fuzz>", text)
    words = ("7", "text") if re.search(r"\$[0-9#]", text) else ()
    try:
        compile_source(source, HOSTS[host], Options(parameters=words, map_entries=64))
    except PlyError as error:
        assert error.diagnostics
        for diagnostic in error.diagnostics:
            assert diagnostic.code and diagnostic.message
            assert render(diagnostic, source).replace("\n", "").isprintable()
        return False
    return True


def work(seconds: float, seed: int, place: Path) -> None:
    """In the child: compile one script after the other."""
    faulthandler.enable()
    choose, programs, end = random.Random(seed), corpus(), time.monotonic() + seconds
    tried = right = 0
    while time.monotonic() < end:
        text, host = mutated(programs, choose), choose.choice(list(HOSTS))
        place.write_bytes(text.encode("utf-8", "surrogateescape"))
        signal.alarm(SLOW)
        right += check(text, host)
        tried += 1
    signal.alarm(0)
    print(f"{tried} scripts, {right} of them right")


def main() -> int:
    """Start the child, and say what it was doing where it did not end well."""
    if sys.argv[1] == "child":
        work(float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
        return 0
    seconds, seed = float(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else random.SystemRandom().getrandbits(32)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "script"
        child = subprocess.run([sys.executable, __file__, "child", str(seconds), str(seed), place], check=False)
        if child.returncode:
            print(f"seed {seed}, status {child.returncode}, with this script:\n{place.read_bytes()!r}", file=sys.stderr)
    return min(abs(child.returncode), 1)


if __name__ == "__main__":
    sys.exit(main())

"""`--help`: the command line, and the reference of functions, aggregations, probes and formats."""

import sys
from collections.abc import Iterable
from textwrap import fill

from ..compiler.provider import Provider
from ..compiler.provider_names import with_short_forms
from ..compiler.registry import aggregations, documentation, functions, providers
from ..grammar.diagnostic import Diagnostic, UsageError
from ..grammar.render import suggest
from .arguments import FORMS, OPTIONS, STATUS, Option
from .output import documentation as format_documentation
from .output import formats

_TOPICS = ("functions", "aggregations", "probes", "formats")


def show_usage() -> int:
    """Without any arguments: how to use it. There is nothing to do, so the status is 2."""
    print(_usage(), end="", file=sys.stderr)
    return 2


def show_help(topic: str) -> int:
    """`-h`, `--help TOPIC`; raises UsageError for a topic that there is not."""
    print(help_text(topic) if topic else _usage().rstrip("\n"))
    return 0


def topics() -> tuple[str, ...]:
    """What can be listed: `functions`, `probes`, ..."""
    return _TOPICS


def names() -> tuple[str, ...]:
    """Everything that there is help on."""
    return tuple(sorted({*_TOPICS, *formats(), *functions(), *aggregations(), *providers()}))


def help_text(topic: str) -> str:
    """What is known under a topic, or about one entry by its name; raises UsageError where there is neither."""
    return "\n".join(listed(topic)) if topic in _TOPICS else _entry(topic)


def _usage() -> str:
    return "\n".join(
        [
            "ply: a dynamic tracer for Linux\n",
            *(f"  {form:<36} {what}" for form, what in FORMS),
            "",
            *(f"  {option.shown:<25} {described(option)}".rstrip() for option in OPTIONS),
            "",
            fill(f"Exit status: {'; '.join(f'{number} {what}'.rstrip() for number, what in STATUS)}.", 110),
            "Ctrl-C ends a run and prints its maps.\n",
        ]
    )


def described(option: Option) -> str:
    """What an option does, with the names that the registries know."""
    return option.help.replace("{formats}", ", ".join(formats()))


def listed(topic: str) -> Iterable[str]:
    """A line for each entry of a topic."""
    if topic == "formats":
        wide = max(map(len, formats()))
        return [f"{name:<{wide}}  {format_documentation(name).splitlines()[0]}" for name in formats()]
    if topic == "probes":
        return [_provider(entry) for _, entry in sorted((entry.name, entry) for entry in set(providers().values()))]
    known = functions() if topic == "functions" else aggregations()
    return [_first_line(topic, name) for name in sorted({entry.name for entry in known.values()})]


def _provider(entry: Provider) -> str:
    """With its short forms: `kprobe (k): the entry of ...`."""
    _, _, what = _first_line("providers", entry.name).partition(": ")
    return f"{with_short_forms(entry)}: {what}"


def _first_line(folder: str, name: str) -> str:
    return documentation(folder, name.lower()).strip().splitlines()[0]


def _entry(name: str) -> str:
    """What is documented under a name or an alias."""
    for folder, known in (("functions", functions()), ("aggregations", aggregations()), ("providers", providers())):
        if name in known:
            return documentation(folder, known[name].name.lower()).strip()
    if name in formats():
        return format_documentation(name)
    close = suggest(name, names())
    hint = f"did you mean `{close}`?" if close else f"topics are {', '.join(_TOPICS)}"
    raise UsageError(Diagnostic("unknown-topic", f"there is no help on `{name}`", help=hint))

"""What `$1`, `$#` and `$name` stand for: the words behind a script, its options, and environment variables.

`option pid = 0;` and the words `--pid 12 dd`   ->   `$pid` is 12, `$1` is "dd", `$#` is 1

A word that begins with `-` is an option, except where a script declares none and reads `$1` or `$#`: then it is one
of its arguments. What the script does not ask for is an error, since it was meant for somebody else: `-t 5` for ply.
"""

import re
from collections.abc import Mapping

from ..grammar.diagnostic import CompileError, Diagnostic, UsageError
from ..grammar.frozen import dataclass
from ..grammar.render import suggest
from ..grammar.source import Span
from .ast import IntLiteral, OptionDeclaration, Parameter, Program, StringLiteral, Variable
from .literals import integer
from .options import Options
from .refusal import Wrong
from .resolve import nodes

Value = int | bytes | IntLiteral | StringLiteral

_NEGATIVE = re.compile("-[0-9]")
_UNITS = {"": "a plain number", "ns": "a time with its unit", "bytes": "a size in bytes with its unit"}
_EXAMPLES = {"": "12", "ns": "10ms", "bytes": "4KiB"}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values, by how a script names them: `arguments` are `$1` and so on, `named` is without the `$`."""

    arguments: tuple[str, ...]
    named: Mapping[str, Value]

    def value(self, parameter: Parameter) -> Value:
        """What `$1`, `$#` or `$name` is; raises Wrong where there is nothing of that name."""
        name, given = parameter.name, self.arguments
        if name == "#":
            return len(given)
        if not name.isdecimal():
            if name in self.named:
                return self.named[name]
            close = suggest(name, (*self.named, "target"))
            help = f"did you mean `${close}`?" if close else "an assignment makes it one, `option` or the environment"
            raise Wrong("unknown-parameter", f"there is no `${name}`", parameter.span, help)
        if not 0 < int(name) <= len(given):
            help = f"the script was started with {len(given)}: `ply FILE ARG...`"
            raise Wrong("parameter-missing", f"argument ${name} was not given", parameter.span, help)
        return _literal(given[int(name) - 1])


def parameters(program: Program, options: Options) -> Parameters:
    """The parameters for a run; raises UsageError for words that the script does not take.

    CompileError: an option of this name cannot be, or is assigned.
    """
    named: dict[str, Value] = {name: _literal(text) for name, text in options.environment}
    if not options.parameters and not program.declarations and "$" not in program.source.text:
        return Parameters((), named)
    declared = script_options(program)
    words = list(options.parameters)
    used, any_number = argument_count(program)
    raw = not declared and (used > 0 or any_number)
    arguments: list[str] = []
    named |= {name: option.default for name, option in declared.items()}
    while words:
        word = words.pop(0)
        if not raw and len(word) > 1 and word.startswith("-") and not _NEGATIVE.match(word):
            option = _option(program, declared, word)
            text = word.partition("=")[2] if "=" in word else words.pop(0) if words else None
            named[option.name] = _given(option, word.partition("=")[0], text)
        else:
            arguments.append(word)
    if len(arguments) > used and not any_number:
        raise _too_many(program, arguments[used], used)
    return Parameters(tuple(arguments), named)


def argument_count(program: Program) -> tuple[int, bool]:
    """How many arguments a script reads, the largest N of its `$N`; and whether it takes any number: reads `$#`."""
    names = {node.name for node in nodes(program) if isinstance(node, Parameter)}
    return max((int(name) for name in names if name.isdecimal()), default=0), "#" in names


def script_options(program: Program) -> Mapping[str, OptionDeclaration]:
    """The options by name; raises CompileError for a name that is taken or assigned."""
    found: dict[str, OptionDeclaration] = {}
    problems: list[Diagnostic] = []
    for option in (part for part in program.declarations if isinstance(part, OptionDeclaration)):
        if option.name in ("target", "help") or option.name in found:
            why = "is there already" if option.name in found else "has a meaning of its own"
            help = "choose another name"
            problems.append(Diagnostic("name-taken", f"the option `{option.name}` {why}", option.span, help))
        found[option.name] = option
    for node in nodes(program.clauses):
        if isinstance(node, Variable) and node.name.startswith("$") and node.name[1:] in found:
            help = f"keep another value in a variable: `{node.name[1:]} = ...`"
            problems.append(Diagnostic("not-assignable", f"`{node.name}` is an option", node.span, help))
    if problems:
        raise CompileError(*problems, source=program.source)
    return found


def assigned(clause: object) -> frozenset[str]:
    """The `$x` that a clause assigns: in it these are variables, wherever they stand."""
    found = (node.name for node in nodes(clause) if isinstance(node, Variable))
    return frozenset(name for name in found if name.startswith("$"))


def shown(name: str) -> str:
    """An option as it is given: `max_size` is `--max-size`."""
    return f"--{name.replace('_', '-')}"


def _option(program: Program, declared: Mapping[str, OptionDeclaration], word: str) -> OptionDeclaration:
    flag = word.partition("=")[0]
    name = flag.removeprefix("--").replace("-", "_")
    if flag.startswith("--") and name in declared:
        return declared[name]
    close = suggest(flag.lstrip("-").replace("-", "_"), declared)
    if close:
        help = f"did you mean `{shown(close)}`?"
    else:
        own = f"it has {', '.join(map(shown, declared))}; " if declared else ""
        help = f"{own}options of ply itself go before the script: `ply {flag} ... {program.source.name}`"
    raise UsageError(Diagnostic("unknown-option", f"the script has no option `{flag}`", help=help))


def _given(option: OptionDeclaration, flag: str, text: str | None) -> IntLiteral | StringLiteral:
    """The value of an option on the command line, by the type of its default."""
    match option.default:
        case _ if text is None:
            raise _bad(option, f"`{flag}` needs a value")
        case StringLiteral():
            return StringLiteral(option.span, text.encode("utf-8", "surrogateescape"))
        case IntLiteral(unit=unit):
            digits = text.removeprefix("-")
            try:
                number = integer(Span(0, len(digits)), digits if digits[:1].isdecimal() else "0x")
            except CompileError as error:
                if error.diagnostics[0].code == "integer-too-large":
                    raise _bad(option, f"`{flag}` does not fit into 64 bits: `{text}`") from None
                number = IntLiteral(option.span, 1, "" if unit else "ns")
            if number.unit != unit and number.value:
                raise _bad(option, f"`{flag}` is {_UNITS[unit]}, not `{text}`", _EXAMPLES[unit])
            value = -number.value if digits != text else number.value
            if value < -(1 << 63):
                raise _bad(option, f"`{flag}` does not fit into 64 bits: `{text}`")
            return IntLiteral(option.span, value, unit)


def _bad(option: OptionDeclaration, message: str, example: str = "") -> UsageError:
    help = f"as in `{shown(option.name)} {example}`" if example else ""
    return UsageError(Diagnostic("option-value", message, option.span, help))


def _too_many(program: Program, word: str, used: int) -> UsageError:
    takes = {0: "no arguments", 1: "one argument, `$1`"}.get(used, f"{used} arguments, `$1` to `${used}`")
    message = f"`{word}` is one argument too many: the script takes {takes}"
    help = "a command to trace goes behind `--`, options of ply itself before the script"
    return UsageError(Diagnostic("unexpected-argument", message, help=help))


def _literal(text: str) -> int | bytes:
    """A decimal number is a number, everything else a string."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) < 20 and int(digits) < 1 << 63:
        return int(text)
    return text.encode("utf-8", "surrogateescape")

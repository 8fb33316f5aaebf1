"""Types for everything: one solution for all maps and variables of the script, both dialects' sugar gone.

    @[pid] = count()   ->   Update("@", (Apply("pid"): u32,), "count", ())

The script is gone through until nothing new is learnt about any map or variable; the last time gives its typed form.
"""

from collections.abc import Sequence

from ..grammar.diagnostic import CompileError, Diagnostic
from ..grammar.render import suggest
from .access import Access
from .accesses import Plain, Unresolved
from .ast import Constant as ConstantDeclaration
from .ast import MapDeclaration, OptionDeclaration, Program, StringLiteral
from .bpf import STACK_BYTES
from .host import Host
from .infer_context import Locals
from .infer_expression import Expressions
from .infer_statement import Events, Statements
from .map_table import KINDS, MapTable
from .options import Options
from .parameters import Parameters, assigned, parameters
from .refusal import Refusal, Wrong
from .resolve import Resolution, ResolvedClause, nodes
from .typed import Apply, ForEach, Instance, TypedExpression, TypedProgram, TypedStatement
from .types import Type

_PASSES = 20


def infer(program: Program, resolved: Resolution, host: Host, options: Options) -> TypedProgram:
    """The typed program; CompileError with every error that was found, those of the probes first."""
    given = parameters(program, options)
    table = MapTable()
    locals_of: dict[int, dict[str, Type]] = {}
    for _ in range(_PASSES):
        before = (dict(table.uses), {index: dict(types) for index, types in locals_of.items()})
        inference = _Inference(program, table, host, options, locals_of, given)
        instances = inference.instances(resolved.clauses)
        if (table.uses, locals_of) == before:
            if table.guesses or not table.guessed:
                break
            table.guesses = True
    wrong = list(dict.fromkeys(inference.wrong))
    if isinstance(resolved.error, CompileError):
        wrong = [*resolved.error.diagnostics, *wrong]
    elif resolved.error is not None and not wrong:
        raise resolved.error
    wrong = wrong or _unfinished(table) or _in_loops(instances) or _oversized(table, options)
    if wrong:
        raise CompileError(*wrong, source=program.source)
    return TypedProgram(instances, table.schemas(options.map_entries), tuple(inference.events.schemas))


def _in_loops(instances: Sequence[Instance]) -> list[Diagnostic]:
    """`duration` in the body of a loop over a map, which the kernel runs as a function of its own."""
    loops = (node for instance in instances for node in nodes(instance.body) if isinstance(node, ForEach))
    uses = (node for loop in loops for node in nodes(loop) if isinstance(node, Apply) and node.name == "duration")
    message, help = "`duration` is not known in a loop over a map", "before the loop: `took = duration;`"
    return [Diagnostic("duration-in-loop", message, use.span, help=help) for use in uses]


def _unfinished(table: MapTable) -> list[Diagnostic]:
    """Maps that are read or printed, but nowhere written."""
    return [
        Diagnostic(
            "map-never-written", f"map {name} is never given a value", use.span, help=f"as in `{name} = count()`"
        )
        for name, use in table.uses.items()
        if use.value is None
    ]


def _oversized(table: MapTable, options: Options) -> list[Diagnostic]:
    found = []
    for schema in table.schemas(options.map_entries):
        if schema.key_size > STACK_BYTES:
            message = f"the key of map {schema.name} has {schema.key_size} bytes, and the kernel allows {STACK_BYTES}"
            help = "use fewer keys, or shorter strings: `str(p, 32)`"
            found.append(Diagnostic("key-too-long", message, table.uses[schema.name].span, help=help))
    return found


class _Inference:
    """One pass over the script."""

    def __init__(
        self,
        program: Program,
        table: MapTable,
        host: Host,
        options: Options,
        locals_of: dict[int, dict[str, Type]],
        given: Parameters,
    ) -> None:
        self.program, self.table, self.host, self.options = program, table, host, options
        self.locals_of, self.given = locals_of, given
        self.events = Events()
        self.wrong: list[Diagnostic] = []
        self.constants: dict[str, TypedExpression | None] = {}

    def instances(self, clauses: Sequence[ResolvedClause]) -> tuple[Instance, ...]:
        """Every clause, for each of its places."""
        for declaration in self.program.declarations:
            if isinstance(declaration, OptionDeclaration):
                continue
            try:
                self._declare(declaration)
            except Refusal as refusal:
                self.wrong += refusal.diagnostics
                self.constants[declaration.name] = None
        instances: list[Instance] = []
        number = 0
        for clause in clauses:
            if not clause.matches:
                self._body(number, clause, Unresolved(""))
                number += 1
            for match in clause.matches:
                instances.append(Instance(clause.clause.span, match, *self._body(number, clause, match.chosen.access)))
                number += 1
        return tuple(instances)

    def _declare(self, declaration: ConstantDeclaration | MapDeclaration) -> None:
        nowhere = self._statements(Locals({}), Plain(""))
        match declaration:
            case ConstantDeclaration(name=name, value=StringLiteral() as text):
                self.constants[name] = nowhere.typing.expression(text)
            case ConstantDeclaration(name=name, value=value):
                folded = nowhere.constant(value)
                if folded is None:
                    help = "numbers, strings, other constants, and `+ - * / % << >> & | ^ ~` of them"
                    raise Wrong("not-constant", f"the value of `{name}` is not known beforehand", value.span, help)
                self.constants[name] = folded
            case MapDeclaration(span=span, name=name, kind=kind, size=size):
                entries = nowhere.constant(size)
                if entries is None or not 0 < entries.value < 1 << 27:
                    raise Wrong("wrong-size", "a map has 1 to 134217727 entries", size.span)
                if kind not in KINDS:
                    close = suggest(kind, KINDS)
                    hint = f"did you mean `{close}`?" if close else f"there are {', '.join(KINDS)}"
                    raise Wrong("unknown-map-kind", f"there is no kind of map `{kind}`", span, hint)
                self.table.declared[name] = (kind, entries.value)

    def _statements(self, variables: Locals, access: Access) -> Statements:
        typing = Expressions(
            self.program.source, self.table, self.options, self.host, access, variables, self.constants, self.given
        )
        return Statements(typing, self.events, self.wrong)

    def _body(
        self, number: int, clause: ResolvedClause, access: Access
    ) -> tuple[TypedExpression | None, tuple[TypedStatement, ...], tuple[tuple[str, Type], ...]]:
        """Predicate, statements and local variables of a clause, reaching its probe's values by `access`."""
        variables = Locals(self.locals_of.setdefault(number, {}), assigned(clause.clause))
        statements = self._statements(variables, access)
        predicate = None
        if clause.clause.predicate is not None:
            try:
                predicate = statements.typing.integer(clause.clause.predicate, "a predicate")
            except Refusal as refusal:
                self.wrong += refusal.diagnostics
        variables.begun = True
        body = statements.block(clause.clause.body)
        variables.settle()
        return predicate, body, tuple(variables.types.items())

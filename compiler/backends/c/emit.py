"""The `Emitter` that writes restricted C: a variable for each value, maps defined as libbpf wants them.

    u64 v3 = v1 >> 32ull;        from        emit.arithmetic("lshr", v1, 32)

It needs no headers; `#line` makes the kernel's messages name the script's lines.
"""

from collections.abc import Callable, Sequence

from ....grammar.source import Source, Span
from ... import bpf
from ...emitter import Arithmetic, Atomic, Comparison, Entry, Pointer, Region, Scalar

_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "udiv": "/", "urem": "%", "and": "&", "or": "|", "xor": "^",
              "shl": "<<", "lshr": ">>"}  # fmt: skip
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_HEAD = """\
typedef unsigned long long u64; typedef long long s64;
typedef unsigned int u32; typedef int s32;
typedef unsigned short u16; typedef short s16;
typedef unsigned char u8; typedef signed char s8;
#define SECTION(name) __attribute__((section(name), used))
#define NUMBER(name, value) int (*name)[value]
char LICENSE[] SECTION("license") = "GPL";
"""


class CEmitter:
    """Builds the programs of one translation unit."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._globals: list[str] = []
        self._functions: list[str] = []
        self._programs: list[str] = []
        self._tables: dict[tuple[int, ...], str] = {}
        self._body: list[str] = []
        self._stack: list[str] = []
        self._names = self._depth = 0
        self._clause, self._scratch, self._slot, self._early = -1, "", 0, "return 0;"

    # The module

    def define_map(self, symbol: str, settings: dict[str, int]) -> None:
        """See `ModuleEmitter.define_map`."""
        members = " ".join(f"NUMBER({name}, {value});" for name, value in settings.items())
        self._globals.append(f'struct {{ {members} }} {symbol} SECTION(".maps");')

    def define_state(self, words: int) -> None:
        """See `ModuleEmitter.define_state`."""
        self._globals.append(f'u64 ply_state[{words}] SECTION(".bss");')

    def define_zeros(self, size: int) -> None:
        """See `ModuleEmitter.define_zeros`."""
        self._globals.append(f"const u64 ply_zeros[{size // 8}] = {{ 0 }};")

    def program(self, symbol: str, section: str, line: int, body: Callable[[], None]) -> None:
        """See `ModuleEmitter.program`."""
        self._body, self._stack, self._names, self._depth = [], [], 0, 1
        self._slot = len(self._programs)
        body()
        head = f'SECTION("{section}") int {symbol}(void *ctx)\n{{'
        self._programs.append("\n".join([head, *self._stack, *self._body, "    return 0;", "}"]))

    def finish(self) -> str:
        """See `ModuleEmitter.finish`."""
        return "\n\n".join([_HEAD + "\n".join(self._globals), *self._functions, *self._programs, ""])

    # Instructions

    def _do(self, statement: str) -> None:
        self._body.append("    " * self._depth + statement)

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def _let(self, expression: str, kind: str = "u64 ") -> str:
        name = self._name()
        self._do(f"{kind}{name} = {expression};")
        return name

    def at(self, span: Span) -> None:
        """See `Emitter.at`."""
        line, _ = self.source.position(span.start)
        name = self.source.name.replace("\\", "\\\\").replace('"', '\\"')
        self._body.append(f'#line {line} "{name}"')

    def constant(self, value: int) -> Scalar:
        """See `Emitter.constant`."""
        return Scalar(f"{value & (1 << 64) - 1}ull")

    def arithmetic(self, operator: Arithmetic, left: Scalar, right: Scalar) -> Scalar:
        """See `Emitter.arithmetic`."""
        if operator == "ashr":
            return Scalar(self._let(f"(u64)((s64){left.raw} >> {right.raw})"))
        return Scalar(self._let(f"{left.raw} {_OPERATORS[operator]} {right.raw}"))

    def compare(self, operator: Comparison, left: Scalar, right: Scalar) -> Scalar:
        """See `Emitter.compare`."""
        cast = "(s64)" if operator.startswith("s") else ""
        symbol = _COMPARISONS[operator[-2:]]
        return Scalar(self._let(f"{cast}{left.raw} {symbol} {cast}{right.raw}"))

    def extend(self, value: Scalar, bits: int, signed: bool) -> Scalar:
        """See `Emitter.extend`."""
        return Scalar(self._let(f"({'s' if signed else 'u'}{bits}){value.raw}"))

    def load(self, base: Pointer, offset: int, bits: int = 64, signed: bool = False) -> Scalar:
        """See `Emitter.load`."""
        return Scalar(self._let(f"*({'s' if signed else 'u'}{bits} *)({base.raw} + {offset})"))

    def load_now(self, base: Pointer, offset: int) -> Scalar:
        """See `Emitter.load_now`."""
        return Scalar(self._let(f"*(volatile u64 *)({base.raw} + {offset})"))

    def store(self, base: Pointer, offset: int, value: Scalar, bits: int = 64) -> None:
        """See `Emitter.store`."""
        self._do(f"*(u{bits} *)({base.raw} + {offset}) = {value.raw};")

    def add_in_place(self, base: Pointer, value: Scalar, shared: bool) -> None:
        """See `Emitter.add_in_place`."""
        place = f"(u64 *){base.raw}"
        self._do(f"__sync_fetch_and_add({place}, {value.raw});" if shared else f"*{place} += {value.raw};")

    def fill(self, base: Pointer, content: bytes) -> None:
        """See `Emitter.fill`."""
        for offset in range(0, len(content), 8):
            self.store(base, offset, self.constant(int.from_bytes(content[offset : offset + 8], "little")))

    # Addresses: all of them `u8 *`

    def context(self) -> Pointer:
        """See `Emitter.context`."""
        return Pointer("(u8 *)ctx")

    def map(self, symbol: str) -> Pointer:
        """See `Emitter.map`."""
        return Pointer(f"(u8 *)&{symbol}")

    def state(self, word: int) -> Pointer:
        """See `Emitter.state`."""
        return Pointer(f"(u8 *)&ply_state[{word}]")

    def zeros(self) -> Pointer:
        """See `Emitter.zeros`."""
        return Pointer("(u8 *)ply_zeros")

    def table(self, words: tuple[int, ...]) -> Pointer:
        """See `Emitter.table`."""
        if words not in self._tables:
            name = self._tables[words] = f"ply_table{len(self._tables)}"
            items = ", ".join(f"{word}ull" for word in words)
            self._globals.append(f"const u64 {name}[{len(words)}] = {{ {items} }};")
        return Pointer(f"(u8 *){self._tables[words]}")

    def stack(self, size: int) -> Pointer:
        """See `Emitter.stack`."""
        name = self._name()
        self._stack.append(f"    u64 {name}[{(size + 7) // 8}];")
        return Pointer(f"(u8 *){name}")

    def start_clause(self) -> None:
        """See `Emitter.start_clause`."""
        self._clause, self._scratch = len(self._body), ""

    def scratch(self) -> Pointer:
        """See `Emitter.scratch`."""
        if not self._scratch:
            self._scratch = self._name()
            name = self._scratch
            look_up = f"((void *(*)(void *, void *))1)(&ply_scratch, &slot_{name})"
            here = [f"    u32 slot_{name} = {self._slot}; u8 *{name} = {look_up};", f"    if (!{name}) {self._early}"]
            self._body[self._clause : self._clause] = here
        return Pointer(self._scratch)

    def move(self, base: Pointer, offset: int | Scalar) -> Pointer:
        """See `Emitter.move`."""
        if offset == 0:
            return base
        return Pointer(self._let(f"{base.raw} + {offset.raw if isinstance(offset, Scalar) else offset}", "u8 *"))

    def pointer(self, value: Scalar) -> Pointer:
        """See `Emitter.pointer`."""
        return Pointer(self._let(f"(u8 *){value.raw}", "u8 *"))

    def address(self, value: Pointer) -> Scalar:
        """See `Emitter.address`."""
        return Scalar(self._let(f"(u64){value.raw}"))

    def either(self, condition: Scalar, first: Pointer, second: Pointer) -> Pointer:
        """See `Emitter.either`."""
        return Pointer(self._let(f"{condition.raw} ? {first.raw} : {second.raw}", "u8 *"))

    def is_null(self, pointer: Pointer) -> Scalar:
        """See `Emitter.is_null`."""
        return Scalar(self._let(f"!{pointer.raw}"))

    # Helpers

    def _call(self, kind: str, number: int, arguments: tuple[Scalar | Pointer, ...]) -> str:
        types = ", ".join("u64" if isinstance(value, Scalar) else "void *" for value in arguments) or "void"
        return f"(({kind}(*)({types})){number})({', '.join(value.raw for value in arguments)})"

    def helper(self, number: int, *arguments: Scalar | Pointer) -> Scalar:
        """See `Emitter.helper`."""
        return Scalar(self._let(self._call("u64 ", number, arguments)))

    def helper_pointer(self, number: int, *arguments: Scalar | Pointer) -> Pointer:
        """See `Emitter.helper_pointer`."""
        return Pointer(self._let(self._call("void *", number, arguments), "u8 *"))

    def helper_void(self, number: int, *arguments: Scalar | Pointer) -> None:
        """See `Emitter.helper_void`."""
        self._do(self._call("void ", number, arguments) + ";")

    # Control flow

    def _block(self, head: str, code: Callable[[], None]) -> None:
        self._do(head + " {")
        self._depth += 1
        code()
        self._depth -= 1
        self._do("}")

    def when(self, condition: Scalar, then: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """See `Emitter.when`."""
        self._block(f"if ({condition.raw})", then)
        if otherwise is not None:
            self._block("else", otherwise)

    def choose(self, condition: Scalar, then: Callable[[], Scalar], otherwise: Callable[[], Scalar]) -> Scalar:
        """See `Emitter.choose`."""
        name = self._name()
        self._do(f"u64 {name};")
        self._block(f"if ({condition.raw})", lambda: self._do(f"{name} = {then().raw};"))
        self._block("else", lambda: self._do(f"{name} = {otherwise().raw};"))
        return Scalar(name)

    def region(self, body: Callable[[Region], None]) -> None:
        """See `Emitter.region`."""
        label = f"out{self._name()}"
        body(Region(label))
        self._do(f"{label}: ;")

    def leave(self, region: Region) -> None:
        """See `Emitter.leave`."""
        self._do(f"goto {region.raw};")

    def loop(self, body: Callable[[], None]) -> None:
        """See `Emitter.loop`."""
        self._block("for (;;)", body)

    def for_each(self, symbol: str, shared: Sequence[Pointer], body: Callable[[Entry], Scalar]) -> Scalar:
        """See `Emitter.for_each`: the pointers and the context travel in a frame on the stack."""
        frame = self._name()
        pointers = ", ".join(pointer.raw for pointer in (self.context(), *shared))
        self._do(f"u8 *{frame}[] = {{ {pointers} }};")
        name = f"ply_each{len(self._functions)}"
        self._callback(name, len(shared), body)
        function = Pointer(f"(void *){name}")
        return self.helper(
            bpf.FOR_EACH_MAP_ELEM, self.map(symbol), function, Pointer(f"(u8 *){frame}"), self.constant(0)
        )

    def _callback(self, name: str, shared: int, body: Callable[[Entry], Scalar]) -> None:
        # Its place among the functions is taken before its body, which may have loops of its own.
        place = len(self._functions)
        self._functions.append("")
        outer = self._body, self._stack, self._depth, self._clause, self._scratch, self._early
        self._body, self._stack, self._depth, self._early = [], [], 1, "return 1;"
        self.start_clause()
        pointers = tuple(Pointer(f"shared[{number + 1}]") for number in range(shared))
        result = body(Entry(Pointer("key"), Pointer("value"), pointers))
        head = f"static long {name}(void *map, u8 *key, u8 *value, u8 **shared)\n{{\n    void *ctx = shared[0];"
        self._functions[place] = "\n".join([head, *self._stack, *self._body, f"    return {result.raw};", "}"])
        self._body, self._stack, self._depth, self._clause, self._scratch, self._early = outer

    def fetch(self, operator: Atomic, base: Pointer, value: Scalar) -> Scalar:
        """See `Emitter.fetch`."""
        return Scalar(self._let(f"__sync_fetch_and_{operator}((u64 *){base.raw}, {value.raw})"))

    def exchange_if(self, base: Pointer, expected: Scalar, value: Scalar) -> Scalar:
        """See `Emitter.exchange_if`."""
        operands = f"(u64 *){base.raw}, {expected.raw}, {value.raw}"
        return Scalar(self._let(f"__sync_val_compare_and_swap({operands})"))

    def find(self, first: Pointer, otherwise: Callable[[], Pointer]) -> Pointer:
        """See `Emitter.find`."""
        name = self._let(first.raw, "u8 *")
        self._block(f"if (!{name})", lambda: self._do(f"{name} = {otherwise().raw};"))
        return Pointer(name)

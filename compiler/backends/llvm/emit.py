"""The `Emitter` that writes LLVM IR: one function for each BPF program, one line for each instruction.

IR text is written directly: it is what LLVM reads anyway, and llvmlite's builder hashes metadata recursively.
Helpers are calls through constant addresses, as BPF's C headers do it.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from ....grammar.source import Source, Span
from ... import bpf
from ...emitter import Arithmetic, Atomic, Comparison, Entry, Pointer, Region, Scalar
from .debug_info import DebugInfo, quote
from .limits import MOST_LINES, too_large

T = TypeVar("T")


class _Function:
    """The program under construction: `entry` holds the stack slots, `body` the rest; `number` is its scratch slot."""

    def __init__(self, scope: str, number: int = 0, early: str = "ret i32 0") -> None:
        self.scope, self.number, self.early = scope, number, early
        self.entry: list[str] = []
        self.body: list[str] = []
        self.names = 0
        self.block = "start"
        self.clause = self.scratch = self.place = ""


class LlvmEmitter:
    """Builds the programs of one module."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.debug = DebugInfo(source.name, source.text)
        self._lines: list[str] = ['target triple = "bpfel"']
        self._tables: dict[tuple[int, ...], str] = {}
        self._now = _Function("")
        self._programs = self._functions = 0
        self._span = Span(0, 0)

    # The module

    def define_map(self, symbol: str, settings: dict[str, int]) -> None:
        """See `ModuleEmitter.define_map`."""
        struct = "{ " + ", ".join(["ptr"] * len(settings)) + " }"
        note = self.debug.map(symbol, settings)
        self._lines.append(f'@{symbol} = global {struct} zeroinitializer, section ".maps", align 8, !dbg {note}')

    def define_state(self, words: int) -> None:
        """See `ModuleEmitter.define_state`."""
        note = self.debug.words("ply_state", words)
        kind = f"[{words} x i64]"
        self._lines.append(f'@ply_state = global {kind} zeroinitializer, section ".bss", align 8, !dbg {note}')

    def define_zeros(self, size: int) -> None:
        """See `ModuleEmitter.define_zeros`."""
        kind = f"[{size // 8} x i64]"
        self._lines.append(f'@ply_zeros = constant {kind} zeroinitializer, section ".rodata", align 8')

    def program(self, symbol: str, section: str, line: int, body: Callable[[], None]) -> None:
        """See `ModuleEmitter.program`. It returns zero: one would make perf's own work follow."""
        self._now = now = _Function(self.debug.program(symbol, line), number=self._programs)
        self._programs += 1
        now.place = self.debug.location(now.scope, line, 1)
        body()
        if len(now.body) > MOST_LINES:
            what = f"the program of line {line} and those that share its probe is"
            raise too_large(what, f"{len(now.body)} steps", MOST_LINES, self.source)
        # Without the attribute LLVM turns long runs of stores into calls of memset, which BPF has not.
        head = f'define i32 @{symbol}(ptr %ctx) nounwind "no-builtins" section {quote(section)} !dbg {now.scope} {{'
        self._lines += [head, "entry:", *now.entry, "  br label %start", "start:", *now.body]
        self._lines += [f"  ret i32 0, !dbg {now.place}", "}"]

    def finish(self) -> str:
        """See `ModuleEmitter.finish`."""
        licence = '@LICENSE = global [4 x i8] c"GPL\\00", section "license", align 1'
        return "\n".join([*self._lines, licence, self.debug.lines()])

    # Instructions

    def _name(self) -> str:
        self._now.names += 1
        return f"%v{self._now.names}"

    def _do(self, instruction: str) -> None:
        self._now.body.append(f"  {instruction}, !dbg {self._now.place}")

    def _let(self, instruction: str) -> str:
        name = self._name()
        self._do(f"{name} = {instruction}")
        return name

    def at(self, span: Span) -> None:
        """See `Emitter.at`."""
        self._span = span
        self._now.place = self.debug.location(self._now.scope, *self.source.position(span.start))

    def constant(self, value: int) -> Scalar:
        """See `Emitter.constant`."""
        value &= (1 << 64) - 1
        return Scalar(str(value - (1 << 64) if value >> 63 else value))

    def arithmetic(self, operator: Arithmetic, left: Scalar, right: Scalar) -> Scalar:
        """See `Emitter.arithmetic`."""
        return Scalar(self._let(f"{operator} i64 {left.raw}, {right.raw}"))

    def compare(self, operator: Comparison, left: Scalar, right: Scalar) -> Scalar:
        """See `Emitter.compare`."""
        return self._bit(self._let(f"icmp {operator} i64 {left.raw}, {right.raw}"))

    def _bit(self, test: str) -> Scalar:
        return Scalar(self._let(f"zext i1 {test} to i64"))

    def extend(self, value: Scalar, bits: int, signed: bool) -> Scalar:
        """See `Emitter.extend`."""
        if bits == 64:
            return value
        low = self._let(f"trunc i64 {value.raw} to i{bits}")
        return self._widen(low, bits, signed)

    def _widen(self, low: str, bits: int, signed: bool) -> Scalar:
        return Scalar(low if bits == 64 else self._let(f"{'sext' if signed else 'zext'} i{bits} {low} to i64"))

    def load(self, base: Pointer, offset: int, bits: int = 64, signed: bool = False) -> Scalar:
        """See `Emitter.load`."""
        low = self._let(f"load i{bits}, ptr {self.move(base, offset).raw}, align {bits // 8}")
        return self._widen(low, bits, signed)

    def load_now(self, base: Pointer, offset: int) -> Scalar:
        """See `Emitter.load_now`."""
        return Scalar(self._let(f"load volatile i64, ptr {self.move(base, offset).raw}, align 8"))

    def store(self, base: Pointer, offset: int, value: Scalar, bits: int = 64) -> None:
        """See `Emitter.store`."""
        low = value.raw if bits == 64 else self._let(f"trunc i64 {value.raw} to i{bits}")
        self._do(f"store i{bits} {low}, ptr {self.move(base, offset).raw}, align {bits // 8}")

    def add_in_place(self, base: Pointer, value: Scalar, shared: bool) -> None:
        """See `Emitter.add_in_place`."""
        if shared:
            self._let(f"atomicrmw add ptr {base.raw}, i64 {value.raw} monotonic, align 8")
        else:
            self.store(base, 0, self.arithmetic("add", self.load(base, 0), value))

    def fill(self, base: Pointer, content: bytes) -> None:
        """See `Emitter.fill`."""
        for offset in range(0, len(content), 8):
            self.store(base, offset, self.constant(int.from_bytes(content[offset : offset + 8], "little")))

    # Addresses

    def context(self) -> Pointer:
        """See `Emitter.context`."""
        return Pointer("%ctx")

    def map(self, symbol: str) -> Pointer:
        """See `Emitter.map`."""
        return Pointer(f"@{symbol}")

    def state(self, word: int) -> Pointer:
        """See `Emitter.state`."""
        return self.move(Pointer("@ply_state"), 8 * word)

    def zeros(self) -> Pointer:
        """See `Emitter.zeros`."""
        return Pointer("@ply_zeros")

    def table(self, words: tuple[int, ...]) -> Pointer:
        """See `Emitter.table`."""
        if words not in self._tables:
            symbol = self._tables[words] = f"@ply_table{len(self._tables)}"
            items = ", ".join(f"i64 {self.constant(word).raw}" for word in words)
            self._lines.insert(1, f'{symbol} = constant [{len(words)} x i64] [{items}], section ".rodata", align 8')
        return Pointer(self._tables[words])

    def start_clause(self) -> None:
        """See `Emitter.start_clause`: a block of its own, so that `scratch` can put code before it."""
        label = f"clause{self._name()[2:]}"
        self._do(f"br label %{label}")
        self._now.clause, self._now.scratch = self._now.body[-1], ""
        self._begin(label)

    def scratch(self) -> Pointer:
        """See `Emitter.scratch`. An array's element is never null, but the verifier must see it tested."""
        now = self._now
        if not now.scratch:
            key, found, null = self._name(), self._name(), self._name()
            now.entry.append(f"  {key} = alloca i32, align 4")
            index = now.body.index(now.clause)
            label = now.clause.split("%")[1].split(",")[0]
            place = now.clause.split(", !dbg")[1]
            look_up = f"call ptr inttoptr (i64 1 to ptr)(ptr @ply_scratch, ptr {key})"
            lines = [
                f"store i32 {now.number}, ptr {key}, align 4",
                f"{found} = {look_up}",
                f"{null} = icmp eq ptr {found}, null",
                f"br i1 {null}, label %none{label}, label %{label}",
            ]
            now.body[index : index + 1] = [
                *(f"  {line}, !dbg{place}" for line in lines),
                f"none{label}:",
                f"  {now.early}, !dbg{place}",
            ]
            now.scratch = found
        return Pointer(now.scratch)

    def helper_void(self, number: int, *arguments: Scalar | Pointer) -> None:
        """See `Emitter.helper_void`."""
        self._do(self._call_text("void", number, arguments))

    def stack(self, size: int) -> Pointer:
        """See `Emitter.stack`: in the entry block, where LLVM sees that it happens once."""
        name = self._name()
        self._now.entry.append(f"  {name} = alloca [{(size + 7) // 8} x i64], align 8")
        return Pointer(name)

    def move(self, base: Pointer, offset: int | Scalar) -> Pointer:
        """See `Emitter.move`."""
        if offset == 0:
            return base
        distance = offset.raw if isinstance(offset, Scalar) else offset
        return Pointer(self._let(f"getelementptr i8, ptr {base.raw}, i64 {distance}"))

    def pointer(self, value: Scalar) -> Pointer:
        """See `Emitter.pointer`."""
        return Pointer(self._let(f"inttoptr i64 {value.raw} to ptr"))

    def address(self, value: Pointer) -> Scalar:
        """See `Emitter.address`."""
        return Scalar(self._let(f"ptrtoint ptr {value.raw} to i64"))

    def either(self, condition: Scalar, first: Pointer, second: Pointer) -> Pointer:
        """See `Emitter.either`."""
        return Pointer(self._let(f"select i1 {self._test(condition)}, ptr {first.raw}, ptr {second.raw}"))

    def is_null(self, pointer: Pointer) -> Scalar:
        """See `Emitter.is_null`."""
        return self._bit(self._let(f"icmp eq ptr {pointer.raw}, null"))

    # Helpers

    def _call_text(self, kind: str, number: int, arguments: tuple[Scalar | Pointer, ...]) -> str:
        values = ", ".join(f"{'i64' if isinstance(value, Scalar) else 'ptr'} {value.raw}" for value in arguments)
        return f"call {kind} inttoptr (i64 {number} to ptr)({values})"

    def helper(self, number: int, *arguments: Scalar | Pointer) -> Scalar:
        """See `Emitter.helper`."""
        return Scalar(self._let(self._call_text("i64", number, arguments)))

    def helper_pointer(self, number: int, *arguments: Scalar | Pointer) -> Pointer:
        """See `Emitter.helper_pointer`."""
        return Pointer(self._let(self._call_text("ptr", number, arguments)))

    # Control flow

    def _begin(self, label: str) -> None:
        self._now.body.append(f"{label}:")
        self._now.block = label

    def _either(self, test: str, then: Callable[[], T], otherwise: Callable[[], T]) -> tuple[T, str, T, str]:
        """Both arms, and the blocks in which they end."""
        number = self._name()[2:]
        yes, no, end = f"yes{number}", f"no{number}", f"end{number}"
        self._do(f"br i1 {test}, label %{yes}, label %{no}")
        self._begin(yes)
        first, first_block = then(), self._now.block
        self._do(f"br label %{end}")
        self._begin(no)
        second, second_block = otherwise(), self._now.block
        self._do(f"br label %{end}")
        self._begin(end)
        return first, first_block, second, second_block

    def region(self, body: Callable[[Region], None]) -> None:
        """See `Emitter.region`."""
        label = f"out{self._name()[2:]}"
        body(Region(label))
        self._do(f"br label %{label}")
        self._begin(label)

    def leave(self, region: Region) -> None:
        """See `Emitter.leave`; what follows in the same block is never reached, but needs a block to be in."""
        self._do(f"br label %{region.raw}")
        self._begin(f"never{self._name()[2:]}")

    def loop(self, body: Callable[[], None]) -> None:
        """See `Emitter.loop`."""
        number = self._name()[2:]
        self._do(f"br label %again{number}")
        self._begin(f"again{number}")
        body()
        self._do(f"br label %again{number}")
        self._begin(f"never{number}")

    def for_each(self, symbol: str, shared: Sequence[Pointer], body: Callable[[Entry], Scalar]) -> Scalar:
        """See `Emitter.for_each`: the pointers and the context travel in a frame on the stack."""
        outer, frame = self._now, self.stack(8 * (1 + len(shared)))
        for index, pointer in enumerate((self.context(), *shared)):
            self._do(f"store ptr {pointer.raw}, ptr {self.move(frame, 8 * index).raw}, align 8")
        name = f"ply_each{self._functions}"
        self._functions += 1
        self._callback(name, outer, len(shared), body)
        self._now = outer
        return self.helper(bpf.FOR_EACH_MAP_ELEM, self.map(symbol), Pointer(f"@{name}"), frame, self.constant(0))

    def _callback(self, name: str, outer: _Function, shared: int, body: Callable[[Entry], Scalar]) -> None:
        """`long NAME(map, key, value, frame)`, a function of libbpf's section `.text`; 1 ends the iteration."""
        line, column = self.source.position(self._span.start)
        self._now = now = _Function(self.debug.callback(name, line), number=outer.number, early="ret i64 1")
        now.place = self.debug.location(now.scope, line, column)
        for index, place in enumerate(["%ctx", *(f"%shared{number}" for number in range(shared))]):
            self._do(f"{place}.at = getelementptr i8, ptr %frame, i64 {8 * index}")
            self._do(f"{place} = load ptr, ptr {place}.at, align 8")
        self.start_clause()
        pointers = tuple(Pointer(f"%shared{number}") for number in range(shared))
        result = body(Entry(Pointer("%key"), Pointer("%value"), pointers))
        head = f'define internal i64 @{name}(ptr %map, ptr %key, ptr %value, ptr %frame) nounwind "no-builtins"'
        self._lines += [f"{head} !dbg {now.scope} {{", "entry:", *now.entry, "  br label %start", "start:", *now.body]
        self._lines += [f"  ret i64 {result.raw}, !dbg {now.place}", "}"]

    def fetch(self, operator: Atomic, base: Pointer, value: Scalar) -> Scalar:
        """See `Emitter.fetch`."""
        return Scalar(self._let(f"atomicrmw {operator} ptr {base.raw}, i64 {value.raw} seq_cst, align 8"))

    def exchange_if(self, base: Pointer, expected: Scalar, value: Scalar) -> Scalar:
        """See `Emitter.exchange_if`."""
        both = self._let(f"cmpxchg ptr {base.raw}, i64 {expected.raw}, i64 {value.raw} seq_cst seq_cst, align 8")
        return Scalar(self._let(f"extractvalue {{ i64, i1 }} {both}, 0"))

    def _test(self, condition: Scalar) -> str:
        return self._let(f"icmp ne i64 {condition.raw}, 0")

    def when(self, condition: Scalar, then: Callable[[], None], otherwise: Callable[[], None] | None = None) -> None:
        """See `Emitter.when`."""
        self._either(self._test(condition), then, otherwise or (lambda: None))

    def choose(self, condition: Scalar, then: Callable[[], Scalar], otherwise: Callable[[], Scalar]) -> Scalar:
        """See `Emitter.choose`."""
        first, here, second, there = self._either(self._test(condition), then, otherwise)
        return Scalar(self._let(f"phi i64 [ {first.raw}, %{here} ], [ {second.raw}, %{there} ]"))

    def find(self, first: Pointer, otherwise: Callable[[], Pointer]) -> Pointer:
        """See `Emitter.find`."""
        found = self._let(f"icmp ne ptr {first.raw}, null")
        one, here, other, there = self._either(found, lambda: first, otherwise)
        return Pointer(self._let(f"phi ptr [ {one.raw}, %{here} ], [ {other.raw}, %{there} ]"))

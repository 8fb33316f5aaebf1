"""DWARF metadata from which LLVM writes BTF: map definitions, program prototypes, lines of the script.

libbpf reads `__uint(type, 5)` as a member `type` that points to an array of 5 ints (libbpf's `parse_btf_map_def`).
The kernel rejects a function's BTF whose argument has no name, hence the local variable `ctx` of each subprogram.
"""

from collections.abc import Sequence
from functools import cache


class DebugInfo:
    """Numbers and collects the metadata of one module; `lines` is its text."""

    def __init__(self, name: str, text: str) -> None:
        self._nodes: list[str] = []
        self._globals: list[str] = []
        self._kept: dict[str, str] = {}
        folder, _, file = name.rpartition("/")
        quoted = f"filename: {quote(file or name)}, directory: {quote(folder)}, source: {quote(text)}"
        self.file = self._node(f"!DIFile({quoted})")
        self.unit = self._node("")  # filled in by `lines`, when all globals are known
        self.int = self._node('!DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)')
        self.u64 = self._node('!DIBasicType(name: "unsigned long long", size: 64, encoding: DW_ATE_unsigned)')
        self.context = self._node("!DIDerivedType(tag: DW_TAG_pointer_type, baseType: null, size: 64)")

    def _node(self, text: str) -> str:
        """A node, the same one for the same text."""
        if text and text in self._kept:
            return self._kept[text]
        self._nodes.append(text)
        self._kept[text] = f"!{len(self._nodes) - 1}"
        return self._kept[text]

    def _list(self, nodes: Sequence[str]) -> str:
        return self._node(f"!{{{', '.join(nodes)}}}")

    def _array(self, item: str, bits: int, count: int) -> str:
        subrange = self._node(f"!DISubrange(count: {count})")
        tag = f"tag: DW_TAG_array_type, baseType: {item}, size: {bits * count}"
        return self._node(f"!DICompositeType({tag}, elements: {self._list([subrange])})")

    def _member(self, name: str, value: int, offset: int) -> str:
        array = self._array(self.int, 32, value)
        pointer = self._node(f"!DIDerivedType(tag: DW_TAG_pointer_type, baseType: {array}, size: 64)")
        where = f"file: {self.file}, line: 1, size: 64, offset: {offset}"
        return self._node(f"!DIDerivedType(tag: DW_TAG_member, name: {quote(name)}, {where}, baseType: {pointer})")

    def _variable(self, name: str, kind: str) -> str:
        """The metadata to attach to a global variable."""
        where = f"scope: {self.unit}, file: {self.file}, line: 1, isLocal: false, isDefinition: true"
        variable = self._node(f"distinct !DIGlobalVariable(name: {quote(name)}, type: {kind}, {where})")
        expression = self._node(f"!DIGlobalVariableExpression(var: {variable}, expr: !DIExpression())")
        self._globals.append(expression)
        return expression

    def map(self, symbol: str, settings: dict[str, int]) -> str:
        """Describe a map: `settings` are libbpf's names (`type`, `key_size`, `value_size`, `max_entries`, ...)."""
        members = [self._member(name, value, 64 * index) for index, (name, value) in enumerate(settings.items())]
        struct = f"tag: DW_TAG_structure_type, file: {self.file}, line: 1, size: {64 * len(members)}"
        return self._variable(symbol, self._node(f"!DICompositeType({struct}, elements: {self._list(members)})"))

    def words(self, symbol: str, count: int) -> str:
        """Describe an array of 64-bit words, so that libbpf lets user space map it."""
        return self._variable(symbol, self._array(self.u64, 64, count))

    def program(self, symbol: str, line: int) -> str:
        """Describe a program `int SYMBOL(void *ctx)`."""
        return self._function(symbol, line, self.int, ("ctx",), "")

    def callback(self, symbol: str, line: int) -> str:
        """Describe what `bpf_for_each_map_elem` calls; the kernel wants it static."""
        return self._function(symbol, line, self.u64, ("map", "key", "value", "frame"), "DISPFlagLocalToUnit | ")

    def _function(self, symbol: str, line: int, result: str, arguments: Sequence[str], flags: str) -> str:
        prototype = self._node(f"!DISubroutineType(types: {self._list([result, *[self.context] * len(arguments)])})")
        own = f"!{len(self._nodes)}"
        kept = f"!{len(self._nodes) + 1 + len(arguments)}"
        where = f"file: {self.file}, line: {line}"
        flags = f"spFlags: {flags}DISPFlagDefinition | DISPFlagOptimized"
        self._node(
            f"distinct !DISubprogram(name: {quote(symbol)}, scope: {self.file}, {where}, type: {prototype}, "
            f"scopeLine: {line}, {flags}, unit: {self.unit}, retainedNodes: {kept})"
        )
        variables = [
            self._node(
                f"!DILocalVariable(name: {quote(name)}, arg: {index}, scope: {own}, {where}, type: {self.context})"
            )
            for index, name in enumerate(arguments, 1)
        ]
        self._list(variables)
        return own

    def location(self, program: str, line: int, column: int) -> str:
        """A place in the script."""
        # BTF keeps ten bits for a column (include/uapi/linux/bpf.h, BPF_LINE_INFO_LINE_COL).
        return self._node(f"!DILocation(line: {line}, column: {min(column, 1023)}, scope: {program})")

    def lines(self) -> str:
        """All metadata of the module."""
        described = self._list(self._globals)
        flags = [
            self._node(text) for text in ('!{i32 2, !"Debug Info Version", i32 3}', '!{i32 7, !"Dwarf Version", i32 4}')
        ]
        self._nodes[int(self.unit[1:])] = (
            f'distinct !DICompileUnit(language: DW_LANG_C99, file: {self.file}, producer: "ply", isOptimized: true, '
            f"runtimeVersion: 0, emissionKind: FullDebug, globals: {described})"
        )
        named = [f"!llvm.dbg.cu = !{{{self.unit}}}", f"!llvm.module.flags = !{{{', '.join(flags)}}}"]
        return "\n".join([*named, *(f"!{number} = {text}" for number, text in enumerate(self._nodes)), ""])


@cache
def quote(text: str) -> str:
    """A metadata string of LLVM IR: everything but plain ASCII as `\\XX`."""
    plain = {code: chr(code) for code in range(32, 127) if chr(code) not in '"\\'}
    return '"' + "".join(plain.get(byte) or f"\\{byte:02X}" for byte in text.encode("utf-8", "surrogateescape")) + '"'

"""BPF objects for tests, from a few lines of LLVM text: programs by name, maps by the numbers that define them."""

import llvmlite.binding as llvm
from plytrace.compiler.artifact import ProgramEntry
from plytrace.compiler.attachment import Attachment, Once
from plytrace.runtime.attach import run
from plytrace.runtime.kernel.object import BpfObject

Programs = dict[str, tuple[str, str]]  # name -> ELF section, body of a function of %context
Maps = dict[str, dict[str, int]]  # name -> `type`, `max_entries`, ...

HASH, PERCPU_HASH, STACK_TRACE, RING = 1, 5, 7, 27  # enum bpf_map_type

COUNT = "%c = atomicrmw add ptr @words, i64 1 monotonic\n ret i32 0"
COUNT_MINE = """%pid = call i64 inttoptr (i64 14 to ptr)()
 %tid = and i64 %pid, 4294967295
 %wanted = load i64, ptr getelementptr ([16 x i64], ptr @words, i64 0, i64 1)
 %mine = icmp eq i64 %tid, %wanted
 %add = zext i1 %mine to i64
 %c = atomicrmw add ptr @words, i64 %add monotonic
 ret i32 0"""


def definition(name: str, first: int, numbers: dict[str, int]) -> str:
    """A map as libbpf reads it: a struct of pointers to arrays whose lengths are the numbers. Node `first` is it."""
    members = ", ".join(
        f'!DIDerivedType(tag: DW_TAG_member, name: "{key}", size: 64, offset: {64 * at}, baseType: !DIDerivedType('
        f"tag: DW_TAG_pointer_type, size: 64, baseType: !DICompositeType(tag: DW_TAG_array_type, size: {32 * number}, "
        f"baseType: !3, elements: !{{!DISubrange(count: {number})}})))"
        for at, (key, number) in enumerate(numbers.items())
    )
    return f"""@{name} = global [{len(numbers)} x ptr] zeroinitializer, section ".maps", align 8, !dbg !{first}
!{first} = !DIGlobalVariableExpression(var: !{first + 1}, expr: !DIExpression())
!{first + 1} = distinct !DIGlobalVariable(name: "{name}", scope: !0, file: !1, type: !{first + 2}, isDefinition: true)
!{first + 2} = !DICompositeType(tag: DW_TAG_structure_type, size: {64 * len(numbers)}, elements: !{{{members}}})
"""


def compiled(programs: Programs, maps: Maps | None = None) -> bytes:
    """An ELF object from name -> (section, body) and name -> numbers of the map."""
    wanted = maps or {}
    places = {name: 10 * at + 10 for at, name in enumerate(wanted)}
    text = "".join(definition(name, places[name], numbers) for name, numbers in wanted.items())
    text += '@terms = global [4 x i8] c"GPL\\00", section "license"\n'
    text += "@words = global [16 x i64] zeroinitializer, align 8\n"
    for name, (section, body) in programs.items():
        text += f'define i32 @{name}(ptr %context) section "{section}" {{\n {body}\n}}\n'
    text += f"""!llvm.dbg.cu = !{{!0}}
!llvm.module.flags = !{{!4}}
!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !1, emissionKind: FullDebug, globals: !2)
!1 = !DIFile(filename: "test", directory: "/")
!2 = !{{{", ".join(f"!{place}" for place in places.values())}}}
!3 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!4 = !{{i32 2, !"Debug Info Version", i32 3}}
"""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu="v3", opt=2)
    return bytes(machine.emit_object(llvm.parse_assembly('target triple = "bpfel"\n' + text)))


def entry(symbol: str, place: Attachment) -> ProgramEntry:
    return ProgramEntry(symbol, place, (f"probe:{symbol}",), (1,))


def table(kind: int, entries: int) -> dict[str, int]:
    return {"type": kind, "key_size": 8, "value_size": 8, "max_entries": entries}


def repeat(item: BpfObject, symbol: str, times: int) -> None:
    for _ in range(times):
        run(item, entry(symbol, Once("BEGIN")))

"""From LLVM IR text to a BPF ELF object (or assembly), optimised as clang's -O2 would."""

from typing import Any

import llvmlite.binding as llvm

from .limits import MOST_INSTRUCTIONS, too_large


def _machine(cpu: str = "v3") -> Any:
    """A target machine for little-endian BPF; v3 has 32-bit ALU and jumps, which every kernel since 5.1 runs."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    return llvm.Target.from_triple("bpfel").create_target_machine(cpu=cpu, opt=2)


def optimised(text: str, machine: Any = None) -> Any:
    """The parsed and optimised module; for BPF, if no machine is given."""
    machine = machine or _machine()
    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.PipelineTuningOptions(speed_level=2)
    options.slp_vectorization = options.loop_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


def object_file(text: str) -> bytes:
    """The ELF object; raises CompileError where a program is so large that LLVM would end the process."""
    module = optimised(text)
    if text.count("\n") > MOST_INSTRUCTIONS:
        for function in module.functions:
            size = sum(1 for block in function.blocks for _ in block.instructions)
            if size > MOST_INSTRUCTIONS:
                what = "the clauses of one probe together are"
                raise too_large(what, f"{size} instructions", MOST_INSTRUCTIONS)
    return bytes(_machine().emit_object(module))


def assembly(text: str) -> str:
    """The same as text, with the script's lines as comments where LLVM prints them."""
    return str(_machine().emit_assembly(optimised(text)))

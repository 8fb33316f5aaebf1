"""Code for the machine that the compiler runs on: the loop of `compiler/bulk.py`, as bytes that run anywhere."""

import struct

import llvmlite.binding as llvm

from ....grammar.source import Source
from ... import bulk
from ...emitter import Pointer, Scalar
from .assemble import optimised
from .emit import LlvmEmitter

_TEXT, _RELOCATIONS = b".text", b".rela.text"


class HostEmitter(LlvmEmitter):
    """The emitter of BPF, where words may lie anywhere, and other CPUs write what is read."""

    def load(self, base: Pointer, offset: int, bits: int = 64, signed: bool = False) -> Scalar:
        """See `Emitter.load`; not aligned."""
        low = self._let(f"load i{bits}, ptr {self.move(base, offset).raw}, align 1")
        return self._widen(low, bits, signed)

    def load_now(self, base: Pointer, offset: int) -> Scalar:
        """See `Emitter.load_now`; nothing that follows is read before it."""
        return Scalar(self._let(f"load atomic volatile i64, ptr {self.move(base, offset).raw} acquire, align 8"))

    def store(self, base: Pointer, offset: int, value: Scalar, bits: int = 64) -> None:
        """See `Emitter.store`; not aligned."""
        low = value.raw if bits == 64 else self._let(f"trunc i64 {value.raw} to i{bits}")
        self._do(f"store i{bits} {low}, ptr {self.move(base, offset).raw}, align 1")


def machine_code() -> bytes:
    """The loop for this machine, to be called as `int f(void *frame)`; nothing in it depends on where it lies.

    Raises RuntimeError where LLVM cannot make such code.
    """
    emit = HostEmitter(Source("bulk", ""))
    bulk.build(emit)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_default_triple()
    # Tables of jumps would lie elsewhere, and their addresses have to be written into the code.
    text = emit.finish().replace('"bpfel"', f'"{triple}"')
    text = text.replace('"no-builtins"', '"no-builtins" "no-jump-tables"="true"')
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=2, reloc="pic")
    sections = _sections(machine.emit_object(optimised(text, machine)))
    if sections.get(_RELOCATIONS):
        raise RuntimeError("the code depends on where it lies")
    return sections[_TEXT]


def _sections(elf: bytes) -> dict[bytes, bytes]:
    """The contents of an ELF64 object's sections by name (elf(5))."""
    start = struct.unpack_from("<Q", elf, 40)[0]
    size, count, names = struct.unpack_from("<3H", elf, 58)
    headers = [struct.unpack_from("<2I4Q", elf, start + size * index) for index in range(count)]
    strings = headers[names][4]
    return {elf[strings + it[0] : elf.index(0, strings + it[0])]: elf[it[4] : it[4] + it[5]] for it in headers}

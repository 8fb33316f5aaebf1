"""LLVM: the BPF target of llvmlite turns the module into an ELF object, or into assembly to read."""

from ...backend import Backend
from .assemble import assembly, object_file
from .emit import LlvmEmitter

BACKEND = Backend("llvm", LlvmEmitter, object_file, assembly)

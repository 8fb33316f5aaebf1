"""ELF files through pyelftools: functions, where code is in the file, debug files. Raises OSError, ElfError.

pyelftools reads headers; tables of symbols are unpacked at once, as an object a symbol takes 60 times as long.
Layouts: System V gABI, chapters 4 and 5; gdb's manual, "Debugging Information in Separate Files" and "MiniDebugInfo".
"""

import io
import lzma
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import BinaryIO, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

ElfError = (ELFError, ValueError, LookupError, AttributeError, TypeError, OverflowError, MemoryError, struct.error,
            zlib.error)  # fmt: skip
"""What pyelftools raises for files that are no ELF files, or damaged ones, found by damaging some."""

DEBUG = "/usr/lib/debug"
_FUNCTION, _INDIRECT, _UNTYPED = 2, 10, 0  # STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE
_EXECUTABLE = 1  # PF_X
_SYMBOL = {64: struct.Struct("IBBHQQ"), 32: struct.Struct("IIIBBH")}


class Function(NamedTuple):
    """A function symbol: its address as linked, its size (0 where unknown), its name."""

    address: int
    size: int
    name: str
    indirect: bool


class Segment(NamedTuple):
    """A part of the file that is loaded: where it comes to lie, and where it is in the file."""

    address: int
    offset: int
    size: int
    executable: bool


class Elf:
    """An ELF file that is open; `path` is where to look for its debug file, `root` what comes before that folder.

    `segments` is what the loader maps. `offset` and `address` work after the file was closed, too.
    """

    def __init__(self, file: BinaryIO, path: str = "", root: str = "") -> None:
        self._file, self.path, self._root = file, path, root
        self._elf = ELFFile(file)
        self.segments = tuple(
            Segment(each["p_vaddr"], each["p_offset"], each["p_filesz"], bool(each["p_flags"] & _EXECUTABLE))
            for each in self._elf.iter_segments()
            if each["p_type"] == "PT_LOAD"
        )

    @property
    def machine(self) -> str:
        """Its architecture as elf.h names it: `EM_X86_64`."""
        return str(self._elf["e_machine"])

    @property
    def bits(self) -> int:
        """32 or 64."""
        return int(self._elf.elfclass)

    def offset(self, address: int, code: bool = True) -> int | None:
        """Where in the file an address is; None where it is not, or holds no code and that was asked for."""
        for part in self.segments:
            if part.address <= address < part.address + part.size and (part.executable or not code):
                return address - part.address + part.offset
        return None

    def address(self, offset: int) -> int | None:
        """The address as linked of an offset into the file's code."""
        for part in self.segments:
            if part.offset <= offset < part.offset + part.size and part.executable:
                return offset - part.offset + part.address
        return None

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """All functions by address: those of its tables of symbols, of the debug file, and of the little one inside."""
        found = set(self._symbols(".symtab")) | set(self._symbols(".dynsym"))
        for other in self._debug_files():
            try:
                found |= set(Elf(other)._symbols(".symtab"))
            except ElfError:
                continue
            finally:
                other.close()
        return tuple(sorted(each for each in found if self.offset(each.address) is not None))

    def symbol(self, name: str) -> tuple[int, int] | None:
        """Address and size of a symbol of any kind; None where there is none of this name."""
        for table in (self._elf.get_section_by_name(which) for which in (".symtab", ".dynsym")):
            found = table.get_symbol_by_name(name) if isinstance(table, SymbolTableSection) else None
            for symbol in found or ():
                if symbol["st_value"]:
                    return int(symbol["st_value"]), int(symbol["st_size"])
        return None

    @cached_property
    def build_id(self) -> str:
        """The linker's name for exactly this file, "" where it gave none."""
        section = self._elf.get_section_by_name(".note.gnu.build-id")
        return section.data()[16:].hex() if section is not None else ""

    def section(self, name: str) -> tuple[int, bytes] | None:
        """Address and content of a section."""
        section = self._elf.get_section_by_name(name)
        if section is None or section["sh_type"] == "SHT_NOBITS":
            return None
        return int(section["sh_addr"]), bytes(section.data())

    def section_address(self, name: str) -> int | None:
        """The address of a section, whose content need not be in the file."""
        section = self._elf.get_section_by_name(name)
        return None if section is None else int(section["sh_addr"])

    def _symbols(self, name: str) -> Iterator[Function]:
        table = self._elf.get_section_by_name(name)
        if table is None or table["sh_type"] == "SHT_NOBITS":
            return
        names = bytes(self._elf.get_section(table["sh_link"]).data())
        order = "<" if self._elf.little_endian else ">"
        layout = struct.Struct(order + _SYMBOL[self.bits].format)
        content = table.data()
        for fields in layout.iter_unpack(content[: len(content) // layout.size * layout.size]):
            if self.bits == 64:
                at, info, _, section, address, size = fields
            else:
                at, address, size, info, _, section = fields
            kind = info & 15
            if section and address and kind in (_FUNCTION, _INDIRECT, _UNTYPED) and (kind != _UNTYPED or info >> 4):
                text = names[at : names.find(b"\0", at)].decode("utf-8", "surrogateescape")
                yield Function(address, size, text.partition("@")[0], kind == _INDIRECT)

    def _debug_files(self) -> Iterator[BinaryIO]:
        """Files with the symbols that were stripped from this one."""
        small = self._elf.get_section_by_name(".gnu_debugdata")
        if small is not None:
            with suppress(lzma.LZMAError):
                yield io.BytesIO(lzma.decompress(small.data()))
        name = f"{self.build_id[:2]}/{self.build_id[2:]}.debug"
        identified = _opened(f"{self._root}{DEBUG}/.build-id/{name}") if self.build_id else None
        if identified:
            yield identified
        else:
            yield from self._linked()

    def _linked(self) -> Iterator[BinaryIO]:
        """The file that `.gnu_debuglink` names, if it is the one that was meant: a checksum says so."""
        link = self._elf.get_section_by_name(".gnu_debuglink")
        if link is None:
            return
        content = link.data()
        name = os.path.basename(content[: content.find(b"\0")].decode("utf-8", "surrogateescape"))
        (checksum,) = struct.unpack("<I" if self._elf.little_endian else ">I", content[-4:])
        folder = os.path.dirname(self.path)
        for place in (f"{folder}/{name}", f"{folder}/.debug/{name}", f"{DEBUG}{folder}/{name}"):
            file = _opened(self._root + place)
            if file is not None and zlib.crc32(file.read()) == checksum:
                file.seek(0)
                yield file
                return


def _opened(path: str) -> BinaryIO | None:
    try:
        return open(path, "rb")
    except OSError:
        return None

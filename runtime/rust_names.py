"""Rust's names since RFC 2603: `_RNvMNtCs6xxl_1a5innerNtB2_1P5twice` -> `a::inner::P::twice`.

Grammar: the Rust reference book of the compiler, "v0 Symbol Format". Hashes and lifetimes are left out, constants are
shown as numbers; a method of a type is `Type::method`, one of a trait `<Type as Trait>::method`.
"""

from string import ascii_letters, digits

_BASIC = {"a": "i8", "b": "bool", "c": "char", "d": "f64", "e": "str", "f": "f32", "h": "u8", "i": "isize",
          "j": "usize", "l": "i32", "m": "u32", "n": "i128", "o": "u128", "p": "_", "s": "i16", "t": "u16",
          "u": "()", "v": "...", "x": "i64", "y": "u64", "z": "!"}  # fmt: skip
_BASE62 = digits + ascii_letters
_BEFORE = {"R": "&", "Q": "&mut ", "P": "*const ", "O": "*mut "}
_DEEPEST = 100


def rust_name(name: str) -> str:
    """The name as it was written; the same name where it is none of these."""
    if not name.startswith("_R") or not name.isascii():
        return name
    reader = _Reader(name[2:].partition(".")[0])
    try:
        return reader.path()
    except (IndexError, ValueError, KeyError):
        return name


class _Reader:
    """Reads from left to right; `B` leads back to what was read before."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def _next(self) -> str:
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, letter: str) -> bool:
        found = self._text[self._at : self._at + 1] == letter
        self._at += found
        return found

    def _number(self) -> int:
        """In base 62 up to `_`; alone, that is 0, and all others are one more."""
        value = 0
        start = self._at
        while (letter := self._next()) != "_":
            value = value * 62 + _BASE62.index(letter)
        return value + 1 if self._at - 1 > start else 0

    def _identifier(self) -> tuple[str, int]:
        mark = self._number() + 1 if self._take("s") else 0
        coded = self._take("u")
        start = self._at
        while self._text[self._at].isdecimal() and self._text[start] != "0":
            self._at += 1
        self._at += self._at == start
        length = int(self._text[start : self._at])
        self._take("_")
        self._at += length
        text = self._text[self._at - length : self._at]
        if len(text) < length:
            raise ValueError(text)
        if coded:
            plain, _, code = text.rpartition("_")
            text = (f"{plain}-{code}" if plain else code).encode().decode("punycode")
        return text, mark

    def _back(self, read: str) -> str:
        start = self._number()
        if start >= self._at - 1:
            raise ValueError(start)
        here, self._at = self._at, start
        found: str = getattr(self, read)()
        self._at = here
        return found

    def path(self) -> str:
        """A crate, or what is within one."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("too deep")
        found = self._path(self._next())
        self._depth -= 1
        return found

    def _path(self, kind: str) -> str:
        match kind:
            case "C":
                return self._identifier()[0]
            case "M":
                self._skip_impl()
                return self._type()
            case "X" | "Y":
                if kind == "X":
                    self._skip_impl()
                return f"<{self._type()} as {self.path()}>"
            case "N":
                space, outer = self._next(), self.path()
                name, mark = self._identifier()
                if space.isupper():
                    what = {"C": "closure", "S": "shim"}.get(space, space)
                    return f"{outer}::{{{what}{f':{name}' if name else ''}#{mark}}}"
                return f"{outer}::{name}" if name else outer
            case "I":
                outer = self.path()
                return f"{outer}<{', '.join(self._until_end('_argument'))}>"
            case "B":
                return self._back("path")
        raise ValueError(kind)

    def _skip_impl(self) -> None:
        if self._take("s"):
            self._number()
        self.path()

    def _until_end(self, read: str) -> list[str]:
        found: list[str] = []
        while not self._take("E"):
            found.append(getattr(self, read)())
        return [each for each in found if each]

    def _argument(self) -> str:
        if self._take("L"):
            self._number()
            return ""
        return self._constant() if self._take("K") else self._type()

    def _type(self) -> str:
        kind = self._next()
        match kind:
            case _ if kind in _BASIC:
                return _BASIC[kind]
            case "A":
                return f"[{self._type()}; {self._constant()}]"
            case "S":
                return f"[{self._type()}]"
            case "T":
                items = self._until_end("_type")
                return f"({', '.join(items)}{',' * (len(items) == 1)})"
            case "R" | "Q" | "P" | "O":
                if kind in "RQ" and self._take("L"):
                    self._number()
                return _BEFORE[kind] + self._type()
            case "F":
                return self._function()
            case "D":
                return self._dynamic()
            case "B":
                return self._back("_type")
        self._at -= 1
        return self.path()

    def _function(self) -> str:
        if self._take("G"):
            self._number()
        unsafe = "unsafe " if self._take("U") else ""
        abi = ""
        if self._take("K"):
            abi = 'extern "C" ' if self._take("C") else f'extern "{self._identifier()[0]}" '
        given = ", ".join(self._until_end("_type"))
        back = self._type()
        return f"{unsafe}{abi}fn({given})" + ("" if back == "()" else f" -> {back}")

    def _dynamic(self) -> str:
        if self._take("G"):
            self._number()
        found = []
        while not self._take("E"):
            trait = self.path()
            while self._take("p"):
                name, _ = self._identifier()
                trait += f"<{name} = {self._type()}>"
            found.append(trait)
        if self._take("L"):
            self._number()
        return f"dyn {' + '.join(found)}"

    def _constant(self) -> str:
        if self._take("p"):
            return "_"
        if self._take("B"):
            return self._back("_constant")
        kind = self._type()
        sign = "-" if self._take("n") else ""
        start = self._at
        while self._next() != "_":
            pass
        value = int(self._text[start : self._at - 1] or "0", 16)
        if kind == "bool":
            return "true" if value else "false"
        return repr(chr(value)) if kind == "char" else f"{sign}{value}"

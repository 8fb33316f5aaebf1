"""Text from traced programs, made safe for a terminal, and unambiguous.

Whatever Python calls unprintable is escaped: controls, bidirectional marks, line separators, unassigned characters.
`\\xNN` is a byte (an ASCII control, or a byte that is not UTF-8), `\\uNNNN` and `\\UNNNNNNNN` are characters:

    "a\\x1b[31mb" -> `a\\x1b[31mb`        "caf\\u00e9" -> itself, or `caf\\u00e9` where only ASCII may appear
    a byte 0xff that is no UTF-8 -> `\\xff`      U+202E (right to left) -> `\\u202e`

A text without anything to escape stays as it is, backslashes included, unless it contains what looks like an
escape (`\\x`, `\\u`, `\\U`, `\\\\`). In all other texts every backslash is doubled. So `C:\\dir` stays readable, and
two different texts never print the same.
"""

_LOOKS_ESCAPED = ("\\x", "\\u", "\\U", "\\\\")


class _Table(dict[int, str]):
    """A table for `str.translate`, filled on demand: code point to what is printed for it."""

    def __init__(self, ascii_only: bool) -> None:
        super().__init__({ord("\\"): "\\\\"})
        self._ascii_only = ascii_only

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = character.isprintable() and (code < 0x80 or not self._ascii_only)
        self[code] = character if plain else _escaped(code)
        return self[code]


def _escaped(code: int) -> str:
    """One character as an escape; 0xdc80 to 0xdcff stand for bytes that are not UTF-8 (`surrogateescape`)."""
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


_ANY = _Table(ascii_only=False)
_ASCII = _Table(ascii_only=True)


def escape(text: str) -> str:
    """The text with everything unprintable escaped."""
    if text.isprintable() and not _ambiguous(text):
        return text
    return text.translate(_ANY)


def escape_ascii(text: str) -> str:
    """The text with everything escaped that is not printable ASCII."""
    if text.isascii() and text.isprintable() and not _ambiguous(text):
        return text
    return text.translate(_ASCII)


def quoted(text: str, ascii_only: bool = False) -> str:
    """The text in double quotes: every backslash and quote inside is escaped too."""
    inside = text.translate(_ASCII if ascii_only else _ANY)
    return '"' + inside.replace('"', '\\"') + '"'


def columns(text: str) -> int:
    """How many terminal columns an escaped text takes: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    import unicodedata  # a shared library of 1 MB, which few runs need

    marks = ("Mn", "Me")
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in marks for character in text)


def _ambiguous(text: str) -> bool:
    return "\\" in text and any(mark in text for mark in _LOOKS_ESCAPED)

"""How keys, colours and completion of the prompt go together with what the text is."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import completion_is_selected, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import Lexer

from ..escape import escape
from .session import Session
from .text import is_finished

if TYPE_CHECKING:
    from .paint import Piece

_INDENT = "    "


class Names(Completer):
    """`choices` for prompt_toolkit, which calls it in a thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What could stand at the cursor."""
        from .complete import choices

        asked = complete_event.completion_requested
        for choice in choices(self._session, document.text_before_cursor, asked):
            shown = escape(choice.shown or choice.text)
            yield Completion(choice.text, -choice.replaces, display=shown, display_meta=escape(choice.help))


class Colours(Lexer):
    """`paint` for prompt_toolkit; plain text until the parser is there, which is made in the background."""

    def __init__(self, ready: Callable[[], bool]) -> None:
        self._ready = ready

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The pieces of each line."""
        pieces = _painted(document.text) if self._ready() else [("", document.text)]
        lines = list(_lines(pieces))
        return lambda number: lines[number] if number < len(lines) else []


def _painted(text: str) -> "list[Piece]":
    from .paint import paint

    return paint(text)


def _lines(pieces: "Iterable[Piece]") -> Iterable[StyleAndTextTuples]:
    line: StyleAndTextTuples = []
    for style, text in pieces:
        first, *others = text.split("\n")
        line.append((f"class:{style}" if style else "", first))
        for other in others:
            yield line
            line = [(f"class:{style}" if style else "", other)]
    yield line


def keys() -> KeyBindings:
    """Enter runs what is finished, else it begins a line; Alt-Enter always begins one."""
    bindings = KeyBindings()

    editing = has_focus(DEFAULT_BUFFER)

    @bindings.add("enter", filter=editing & completion_is_selected)
    def _take(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @bindings.add("enter", filter=editing & ~completion_is_selected)
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        below = buffer.document.text_after_cursor
        if is_finished(buffer.text) and not ("\n" in buffer.text and below.strip()):
            buffer.validate_and_handle()
        else:
            _new_line(event)

    @bindings.add("escape", "enter", filter=editing)
    def _new_line(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        indent = before[: len(before) - len(before.lstrip())]
        buffer.insert_text("\n" + indent + (_INDENT if before.rstrip().endswith("{") else ""))

    @bindings.add("}", filter=editing)
    def _close(event: KeyPressEvent) -> None:
        """At the start of an indented line, one step back."""
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        if before.endswith(_INDENT) and not before.strip():
            buffer.delete_before_cursor(len(_INDENT))
        buffer.insert_text("}")

    return bindings

"""The colours of the prompt: few, from the terminal's own sixteen, and nothing is told by colour alone."""

from prompt_toolkit.styles import Style

STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "probe": "ansicyan",
        "map": "ansimagenta",
        "builtin": "ansiblue",
        "keyword": "bold",
        "type": "bold",
        "number": "ansigreen",
        "string": "ansigreen",
        "parameter": "ansiyellow",
        "comment": "ansibrightblack",
        "command": "bold",
        "wrong": "ansired underline",
        "title": "bold",
        "bar": "reverse",
        "bottom-toolbar": "noreverse",
        "auto-suggestion": "ansibrightblack",
    }
)

"""From program text to a parse tree, and the diagnostics that point into the text."""

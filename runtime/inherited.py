"""How this process was started, before it changed that: what it starts itself is to find the same."""

ignored: set[int] = set()
"""Signals that were ignored before this process caught them, as shells have it for SIGINT in the background."""

"""Builtin functions, one declaration a file."""

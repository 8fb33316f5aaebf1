"""Probe providers, one a file."""

"""Aggregations, kernel half and user half, one a file."""

"""Facts of an architecture, one a file."""

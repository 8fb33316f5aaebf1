"""Code generators behind the `Emitter` protocol, one a file."""

"""BLAKE2b without the rest of `hashlib`, which loads all of OpenSSL: 3 ms of every start."""

try:
    from _blake2 import blake2b as blake2b
except ImportError:  # a Python that has it from elsewhere
    from hashlib import blake2b as blake2b

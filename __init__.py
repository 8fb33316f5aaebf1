"""Trace the Linux kernel and user programs with a little language compiled to eBPF."""

__version__ = "0.1.0"

"""The only ctypes: libbpf, perf events, ring buffer; errno becomes HostError."""

"""What a warm start imports: each of these costs 0.2 to 1 ms of every run, so the list is a budget."""

OURS = frozenset(
    {"plytrace"}
    | {f"plytrace.grammar{name}" for name in ("", ".diagnostic", ".frozen", ".source")}
    | {
        f"plytrace.compiler{name}"
        for name in ("", ".access", ".aggregation", ".aggregations", ".artifact", ".attachment", ".effects", ".emitter")
    }
    | {
        f"plytrace.compiler.{name}"
        for name in (
            "aggregations.count",
            "function",
            "looping",
            "options",
            "schema",
            "types",
            "values",
            "words",
            "world",
        )
    }
    | {
        f"plytrace.runtime{name}"
        for name in (
            "",
            ".arguments",
            ".attach",
            ".attached",
            ".backlog",
            ".build",
            ".cache",
            ".cli",
            ".command",
            ".decode",
            ".digest",
            ".inherited",
            ".escape",
        )
    }
    | {
        f"plytrace.runtime.{name}"
        for name in (
            "environment",
            "events",
            "format",
            "maps",
            "names",
            "plain",
            "results",
            "silences",
            "run",
            "session",
            "show",
            "start",
            "symbols",
        )
    }
    | {f"plytrace.runtime.{name}" for name in ("tracer", "units", "unsafe", "world")}
    | {
        f"plytrace.runtime.kernel{name}"
        for name in ("", ".bpf", ".cpus", ".failure", ".libbpf", ".maps", ".object", ".perf", ".ring", ".syscalls")
    }
    | {"plytrace.runtime.kernel.tracefs"}
    | {
        f"plytrace.runtime.output{name}"
        for name in ("", "._base", "._histogram", "._messages", "._rows", ".protocol", ".text")
    }
)
"""Of this project, for `kprobe:SyS_read { @[pid].count() }`."""

DEAR = frozenset(
    {"argparse", "dataclasses", "email", "hashlib", "inspect", "json", "lark", "llvmlite", "logging", "pathlib", "re"}
    | {"pickle", "random", "resource", "shutil", "socket", "subprocess", "tempfile", "threading", "traceback"}
)
"""Modules from elsewhere that take milliseconds, and that no warm start needs."""

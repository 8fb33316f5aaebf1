"""From parse tree to artifact: a pure compiler that never touches the machine."""

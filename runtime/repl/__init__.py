"""The prompt: `ply` without arguments. A clause is typed, watched, changed; `:commands` look at what it found."""
